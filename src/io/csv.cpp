// SPDX-License-Identifier: Apache-2.0
#include "csv.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <future>
#include <memory>

#include "ranvier/error.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

constexpr std::size_t block_size = std::size_t{4} << 20;
constexpr std::size_t problem_limit = 10;
constexpr std::size_t line_limit = std::size_t{1} << 20;  // longer lines are no table

/// What a field must not be longer than in a message.
std::string shown(std::string_view field) {
  return field.size() <= 40 ? std::string(field) : std::string(field.substr(0, 40)) + "...";
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trim(std::string_view s) {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  return s;
}

std::string unquote(std::string_view s) {
  if (s.size() < 2 || s.front() != '"' || s.back() != '"') return std::string(s);
  std::string out;
  for (std::size_t i = 1; i + 1 < s.size(); ++i) {
    if (s[i] == '"' && i + 2 < s.size() && s[i + 1] == '"') ++i;
    out += s[i];
  }
  return out;
}

/// Parses whole lines, block by block.
class Parser {
 public:
  Parser(std::string name, std::span<const ColumnRequest> wanted)
      : name_(std::move(name)), wanted_(wanted), columns_(wanted.size()) {}

  /// `text` ends with a line break.
  void parse(std::string_view text) {
    const char* p = text.data();
    const char* end = p + text.size();
    while (p < end) {
      ++line_;
      const char* stop = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
      if (*p != '#' && !trim({p, static_cast<std::size_t>(stop - p)}).empty()) {
        if (header_read_) row(p, stop);
        else header({p, static_cast<std::size_t>(stop - p)});
      }
      p = stop + 1;
    }
  }

  void reserve(double share_read) {
    if (rows_ == 0 || share_read <= 0) return;
    const auto n = static_cast<std::size_t>(1.02 * static_cast<double>(rows_) / share_read);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (wanted_[i].type == ColumnType::real) columns_[i].real.reserve(n);
      if (wanted_[i].type == ColumnType::integer) columns_[i].integer.reserve(n);
    }
  }

  std::vector<Column> finish() {
    if (!header_read_) problems_.push_back(fmt::format("{}: is empty; its first line must name the columns", name_));
    if (!problems_.empty()) throw InputError(std::move(problems_));
    return std::move(columns_);
  }

 private:
  void problem(std::string_view what) {
    problems_.push_back(fmt::format("{}:{}: {}", name_, line_, what));
    if (problems_.size() < problem_limit) return;
    problems_.push_back(fmt::format("{}: more problems follow; mend these first", name_));
    throw InputError(std::move(problems_));
  }

  void header(std::string_view line) {
    header_read_ = true;
    if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);  // byte order mark of some spreadsheets
    line = trim(line);
    for (const char c : {',', ';', '\t', ' '})
      if (line.find(c) != std::string_view::npos) {
        delimiter_ = c;
        break;
      }
    std::vector<std::string> names;
    for (const char *p = line.data(), *stop = p + line.size(); p <= stop;) {
      const char* end = field_end(p, stop);
      names.push_back(unquote(trim({p, static_cast<std::size_t>(end - p)})));
      p = next_field(end, stop);
    }
    place_columns(names);
  }

  void place_columns(const std::vector<std::string>& names) {
    fields_.clear();
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const auto at = std::find(names.begin(), names.end(), wanted_[i].name);
      if (at == names.end()) {
        problems_.push_back(fmt::format("{}:{}: no column \"{}\".{}", name_, line_, shown(wanted_[i].name), suggestion(wanted_[i].name, names)));
        continue;
      }
      if (std::find(at + 1, names.end(), wanted_[i].name) != names.end()) problems_.push_back(fmt::format("{}:{}: two columns are called \"{}\"; give one of them another name", name_, line_, shown(wanted_[i].name)));
      fields_.push_back({static_cast<std::size_t>(at - names.begin()), i});
    }
    if (!problems_.empty()) throw InputError(std::move(problems_));
    std::sort(fields_.begin(), fields_.end(), [](const Field& a, const Field& b) { return a.position < b.position; });
  }

  const char* field_end(const char* p, const char* stop) const {
    if (p < stop && *p == '"') {
      for (++p; p < stop; ++p)
        if (*p == '"' && !(p + 1 < stop && p[1] == '"' && ++p)) break;
      if (p < stop) ++p;
    }
    while (p < stop && *p != delimiter_) ++p;
    return p;
  }

  /// Past the delimiter; past `stop` after the last field.
  const char* next_field(const char* end, const char* stop) const {
    if (end >= stop) return stop + 1;
    ++end;
    if (delimiter_ == ' ')
      while (end < stop && is_blank(*end)) ++end;
    return end;
  }

  void row(const char* p, const char* stop) {
    if (stop > p && stop[-1] == '\r') --stop;
    while (p < stop && *p == ' ') ++p;
    std::size_t position = 0;
    for (const auto& field : fields_) {
      for (; position < field.position && p <= stop; ++position) p = next_field(field_end(p, stop), stop);
      if (p > stop) return too_short(field);
      store(field.request, p, stop);
    }
    ++rows_;
  }

  struct Field {
    std::size_t position, request;  // place in the line, place in wanted_
  };

  void too_short(const Field& field) {
    problem(fmt::format("has no value in column \"{}\"", shown(wanted_[field.request].name)));
  }

  /// p stays where the field begins: two requests may name one column.
  void store(std::size_t request, const char* p, const char* stop) {
    Column& to = columns_[request];
    switch (wanted_[request].type) {
      case ColumnType::text: to.text.push_back(unquote(trim({p, static_cast<std::size_t>(field_end(p, stop) - p)}))); break;
      case ColumnType::integer: to.integer.push_back(integer(request, p, stop)); break;
      case ColumnType::real: to.real.push_back(real(request, p, stop)); break;
    }
  }

  bool ends_field(const char* p, const char* stop) const {
    while (p < stop && *p != delimiter_ && is_blank(*p)) ++p;
    return p == stop || *p == delimiter_;
  }

  std::int64_t integer(std::size_t request, const char* p, const char* stop) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(p, stop, value);
    if (error == std::errc{} && ends_field(end, stop)) return value;
    // "3.0", " 3", "+3" and quoted numbers take the long way
    const double x = real(request, p, stop);
    if (x == std::floor(x) && std::abs(x) < 9e15) return static_cast<std::int64_t>(x);
    problem(fmt::format("column \"{}\" = {}: is not a whole number", shown(wanted_[request].name), x));
    return 0;
  }

  double real(std::size_t request, const char* p, const char* stop) {
    double value = 0;
    const auto [end, error] = std::from_chars(p, stop, value);
    if (error == std::errc{} && ends_field(end, stop) && std::isfinite(value)) return value;
    const std::string field = unquote(trim({p, static_cast<std::size_t>(field_end(p, stop) - p)}));
    const auto bare = std::string_view(trim(field)).substr(trim(field).starts_with('+') ? 1 : 0);
    const auto [last, failure] = std::from_chars(bare.data(), bare.data() + bare.size(), value);
    if (!bare.empty() && failure == std::errc{} && last == bare.data() + bare.size() && std::isfinite(value)) return value;
    const auto& name = wanted_[request].name;
    if (field.empty()) problem(fmt::format("has no value in column \"{}\"", shown(name)));
    else problem(fmt::format("column \"{}\" = {}: is not a finite number", shown(name), shown(field)));
    return 0;
  }

  std::string name_;
  std::span<const ColumnRequest> wanted_;
  std::vector<Column> columns_;
  std::vector<Field> fields_;
  std::vector<std::string> problems_;
  std::size_t line_ = 0, rows_ = 0;
  char delimiter_ = ',';
  bool header_read_ = false;
};

/// A file as a stream of bytes, inflated if it is gzipped.
class Source {
 public:
  explicit Source(const std::filesystem::path& path) : name_(path.string()), file_(gzopen(name_.c_str(), "rb"), gzclose) {
    if (!file_) throw InputError(fmt::format("{}: cannot be opened: {}", name_, std::strerror(errno)));
    gzbuffer(file_.get(), 1u << 18);
  }

  /// Appends up to block_size bytes; fewer only at the end of the file.
  void read(std::string& to) {
    const auto before = to.size();
    to.resize(before + block_size);
    const int n = gzread(file_.get(), to.data() + before, static_cast<unsigned>(block_size));
    int code = Z_OK;
    std::string_view message = gzerror(file_.get(), &code);
    if (message.starts_with(name_ + ": ")) message.remove_prefix(name_.size() + 2);
    if (n < 0 || code == Z_BUF_ERROR)
      throw InputError(fmt::format("{}: {}", name_, code == Z_BUF_ERROR ? "ends in the middle: the gzip file was cut short"
                                                  : code == Z_ERRNO    ? std::strerror(errno)
                                                                       : fmt::format("is damaged: {}", message)));
    to.resize(before + static_cast<std::size_t>(n));
  }

  /// Bytes of the file itself that were consumed.
  double consumed() const { return static_cast<double>(gzoffset(file_.get())); }

 private:
  std::string name_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
};

}  // namespace

std::vector<Column> read_csv(const std::filesystem::path& file, std::span<const ColumnRequest> wanted) {
  Source source(file);
  Parser parser(file.string(), wanted);
  std::error_code error;
  const auto size = static_cast<double>(std::filesystem::file_size(file, error));

  // text = rest of the last line of the block before, then a new block. While the whole lines of one are parsed,
  // another thread reads (and inflates) the next.
  std::string text, next;
  source.read(text);
  bool last = text.size() < block_size;
  bool first = true;
  while (true) {
    if (last && !text.empty() && text.back() != '\n') text += '\n';
    const auto whole = text.rfind('\n') + 1;  // npos + 1 is 0: no line break yet
    if (text.size() - whole > block_size + line_limit)
      throw InputError(fmt::format("{}: a line is longer than {} bytes: this is no table", file.string(), line_limit));
    const double share = size > 0 ? source.consumed() / size : 0;
    next.assign(text, whole, std::string::npos);
    std::future<void> reading;
    if (!last) reading = std::async(std::launch::async, [&] { source.read(next); });
    const auto rest = text.size() - whole;
    text.resize(whole);
    parser.parse(text);
    if (std::exchange(first, false)) parser.reserve(share);
    if (last) return parser.finish();
    reading.get();
    last = next.size() < rest + block_size;
    std::swap(text, next);
  }
}

std::vector<Column> read_csv_text(std::string_view text, const std::string& name, std::span<const ColumnRequest> wanted) {
  Parser parser(name, wanted);
  std::string copy(text);
  if (!copy.empty() && copy.back() != '\n') copy += '\n';
  parser.parse(copy);
  return parser.finish();
}

}  // namespace ranvier::io
