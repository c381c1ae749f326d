// SPDX-License-Identifier: Apache-2.0
#include "plan_page.hpp"

#include <fstream>
#include <sstream>
#include <vector>

#include <fmt/format.h>

#include "ranvier/error.hpp"

namespace ranvier::io {
namespace {

/// What the pages read of the JSON, held against what is there: a script that meets a word where it draws a number would leave an
/// empty page.
class Reader {
 public:
  explicit Reader(std::string name) : name_(std::move(name)) {}

  enum class Kind { number, number_or_null, text, boolean, array, object };

  /// The value under a key; an empty one, and a problem noted, where it is missing or of another kind.
  const Json& need(const Json& object, const std::string& where, const char* key, Kind kind) {
    static const Json nothing;
    const auto found = object.is_object() ? object.find(key) : object.end();
    if (!object.is_object() || found == object.end()) return problem(where, key, "is missing"), nothing;
    if (!is(*found, kind)) return problem(where, key, fmt::format("must be {}", name_of(kind))), nothing;
    return *found;
  }
  /// As need(), but it may be absent.
  const Json& accept(const Json& object, const std::string& where, const char* key, Kind kind) {
    static const Json nothing;
    return object.contains(key) ? need(object, where, key, kind) : nothing;
  }
  /// Calls `check(element, where)` for each element of an array that may be absent.
  template <class Check>
  void each(const Json& object, const std::string& where, const char* key, Check&& check) {
    const Json& all = accept(object, where, key, Kind::array);
    for (std::size_t i = 0; i < all.size() && problems_.size() < 10; ++i) check(all[i], fmt::format("{}{}[{}].", where, key, i));
  }
  void numbers(const Json& object, const std::string& where, std::initializer_list<const char*> keys, Kind kind = Kind::number) {
    for (const char* key : keys) need(object, where, key, kind);
  }
  void texts(const Json& object, const std::string& where, std::initializer_list<const char*> keys) {
    for (const char* key : keys) need(object, where, key, Kind::text);
  }
  /// Every value of an object must be a number.
  void all_numbers(const Json& object, const std::string& where) {
    if (!object.is_object()) return;
    for (const auto& [key, value] : object.items())
      if (!value.is_number()) problem(where, key.c_str(), "must be a number");
  }
  void throw_problems() {
    if (!problems_.empty()) throw InputError(std::move(problems_));
  }

 private:
  static bool is(const Json& value, Kind kind) {
    switch (kind) {
      case Kind::number: return value.is_number();
      case Kind::number_or_null: return value.is_number() || value.is_null();
      case Kind::text: return value.is_string();
      case Kind::boolean: return value.is_boolean();
      case Kind::array: return value.is_array();
      case Kind::object: return value.is_object();
    }
    return false;
  }
  static const char* name_of(Kind kind) {
    switch (kind) {
      case Kind::number: return "a number";
      case Kind::number_or_null: return "a number or null";
      case Kind::text: return "text";
      case Kind::boolean: return "true or false";
      case Kind::array: return "a list";
      case Kind::object: return "an object";
    }
    return "";
  }
  void problem(const std::string& where, const char* key, const std::string& what) { problems_.push_back(fmt::format("{}: {}{} {}", name_, where, key, what)); }

  std::string name_;
  std::vector<std::string> problems_;
};

using Kind = Reader::Kind;

void check_estimate(Reader& r, const Json& answer, const std::string& where) {
  const Json& e = r.need(answer, where, "estimate", Kind::object);
  if (!e.is_object()) return;
  const std::string inside = where + "estimate.";
  r.numbers(e, inside, {"time_s", "lower_s", "upper_s", "p10_s", "p90_s", "utilisation", "byte_moved", "byte_resident", "flop", "energy_j", "capacity_byte"});
  r.texts(e, inside, {"bottleneck"});
  r.need(e, inside, "fits", Kind::boolean);
}

void check_steps(Reader& r, const Json& answer) {
  r.each(answer, "", "derivation", [&](const Json& step, const std::string& where) {
    r.need(step, where, "depth", Kind::number);
    if (step.contains("section")) return r.texts(step, where, {"section", "remark"});
    r.texts(step, where, {"name", "unit", "formula", "source"});
    r.need(step, where, "value", Kind::number_or_null);
  });
}

void check_operations(Reader& r, const Json& answer) {
  r.each(answer, "", "operations", [&](const Json& o, const std::string& where) {
    r.texts(o, where, {"group", "name"});
    r.numbers(o, where, {"times", "byte_moved", "time_s", "arithmetic_s", "memory_s", "host_s", "network_s", "fixed_s"});
    r.all_numbers(r.need(o, where, "flop", Kind::object), where + "flop.");
  });
  const Json& roof = r.accept(answer, "", "roof", Kind::object);
  if (!roof.is_object()) return;
  r.need(roof, "roof.", "byte_per_s", Kind::number);
  r.all_numbers(r.need(roof, "roof.", "flop_per_s", Kind::object), "roof.flop_per_s.");
}

void check_answer(Reader& r, const Json& a, const std::string& where) {
  r.texts(a, where, {"workload", "kind", "machine", "metric", "unit"});
  r.need(a, where, "count", Kind::number);
  r.numbers(a, where, {"value", "p10", "p90"}, Kind::number_or_null);
  check_estimate(r, a, where);
  r.accept(a, where, "machine_name", Kind::text);
  r.accept(a, where, "remedy", Kind::text);
}

void check_sweep(Reader& r, const Json& result) {
  r.each(result, "", "sweep", [&](const Json& point, const std::string& where) {
    r.need(point, where, "at", Kind::object);
    r.need(point, where, "problem", Kind::text);
    if (point.contains("estimate")) check_answer(r, point, where);
    r.each(point, where, "metrics", [&](const Json& m, const std::string& inside) {
      r.texts(m, inside, {"metric", "unit"});
      r.numbers(m, inside, {"value", "p10", "p90"}, Kind::number_or_null);
    });
  });
}

void check_plan(Reader& r, const Json& result) {
  if (result.contains("estimate")) check_answer(r, result, "");
  r.accept(result, "", "question", Kind::object);
  r.each(result, "", "warnings", [&](const Json& w, const std::string& where) { r.texts(Json{{"text", w}}, where, {"text"}); });
  r.each(result, "", "figures", [&](const Json& f, const std::string& where) {
    r.texts(f, where, {"name", "unit", "meaning"});
    r.need(f, where, "value", Kind::number_or_null);
  });
  r.each(result, "", "sensitivity", [&](const Json& s, const std::string& where) {
    r.texts(s, where, {"kind", "input"});
    r.numbers(s, where, {"exponent", "spread"});
  });
  check_steps(r, result);
  check_operations(r, result);
  check_sweep(r, result);
}

void check_validation(Reader& r, const Json& result) {
  r.numbers(result, "", {"mean_of_medians", "pooled_p90_error", "share_not_predicted"});
  r.each(result, "", "workloads", [&](const Json& w, const std::string& where) {
    r.texts(w, where, {"workload"});
    r.numbers(w, where, {"rows", "median_error", "p90_error", "misses", "not_predicted", "coverage", "interval_ratio"});
    r.need(w, where, "reported_only", Kind::boolean);
  });
  r.each(result, "", "rows", [&](const Json& row, const std::string& where) {
    r.texts(row, where, {"id", "workload", "metric", "unit", "reason"});
    r.need(row, where, "scored", Kind::boolean);
    r.numbers(row, where, {"predicted", "p10", "p90", "measured"}, Kind::number_or_null);
  });
}

std::string text_or(const Json& object, const char* key, std::string otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

/// "llm_serve llama-3-70b on 2 x H100 SXM5 80GB"
std::string title_of(const Json& result) {
  const Json& a = result.contains("estimate") ? result : result["sweep"][0];
  std::string title = text_or(a, "kind", "plan");
  const auto question = a.find("question");
  if (const std::string model = question != a.end() ? text_or(*question, "model", "") : ""; !model.empty()) title += fmt::format(" {}", model);
  const auto count = a.find("count");
  const double machines = count != a.end() && count->is_number() ? count->get<double>() : 1;
  return fmt::format("{} on {}{}", title, machines > 1 ? fmt::format("{:.0f} x ", machines) : "", text_or(a, "machine_name", text_or(a, "machine", "a machine")));
}

Json read_json(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) throw InputError(fmt::format("{}: cannot be read", file.string()));
  Json json = Json::parse(text.str(), nullptr, false);
  if (json.is_discarded()) throw InputError(fmt::format("{}: is no JSON\n  a page is made of a run's folder, or of what ranvier plan --json printed", file.string()));
  return json;
}

}  // namespace

void write_plan_page(const Json& result, const std::string& name, const std::filesystem::path& page, std::string_view option) {
  const bool validation = result.is_object() && result.contains("rows") && result.contains("workloads");
  const bool sweep = result.is_object() && result.contains("sweep") && result["sweep"].is_array() && !result["sweep"].empty();
  if (!validation && !sweep && !(result.is_object() && result.contains("estimate") && result.contains("workload")))
    throw InputError(fmt::format("{}: is no answer of ranvier plan: it has neither workload and estimate, nor sweep, nor rows\n  make one with ranvier plan ... --json, or ranvier plan validate ... --json", name));
  Reader reader(name);
  if (validation) check_validation(reader, result);
  else check_plan(reader, result);
  reader.throw_problems();
  const std::string title = validation ? "Predicted against measured" : title_of(result);
  write_page(page, title, validation ? PageScript::validation : PageScript::plan, result, option);
}

std::filesystem::path write_plan_page_of(const std::filesystem::path& file, std::filesystem::path page, bool overwrite) {
  if (page.empty()) page = std::filesystem::path(file).replace_extension(".html");
  check_page_place(page, overwrite, "--output");
  write_plan_page(read_json(file), file.string(), page, "--output");
  return page;
}

}  // namespace ranvier::io
