// SPDX-License-Identifier: Apache-2.0
/// From the text of a machine file to a Machine.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <span>

#include "core/suggest.hpp"
#include "machine_file.hpp"
#include "plan/infer.hpp"
#include "ranvier/error.hpp"
#include "toml_tree.hpp"

namespace ranvier::io {
namespace {

constexpr std::uintmax_t file_size_max = 4 << 20;
constexpr double seconds_per_hour = 3600;

/// Calls visit(key, label, figure, factor from the file's unit to SI) for each figure.
template <class AnyMachine, class Visit>
void each_figure(AnyMachine& m, Visit&& visit) {
  static constexpr const char* rate_keys[n_precisions] = {"fp64_flop_per_s", "fp32_flop_per_s", "tf32_flop_per_s", "fp16_flop_per_s", "fp16_acc32_flop_per_s", "fp8_flop_per_s", "fp4_flop_per_s", "int8_flop_per_s"};
  static constexpr const char* rate_labels[n_precisions] = {"rate fp64", "rate fp32", "rate tf32", "rate fp16, bf16", "rate fp16, fp32 sums", "rate fp8", "rate fp4", "rate int8"};
  for (std::size_t i = 0; i < n_precisions; ++i) visit(rate_keys[i], rate_labels[i], m.rate[i], 1.0);
  visit("bandwidth_byte_per_s", "memory bandwidth", m.bandwidth, 1.0);
  visit("memory_byte", "memory", m.memory, 1.0);
  visit("cache_byte", "last-level cache", m.cache, 1.0);
  visit("on_chip_byte", "memory on the chip", m.on_chip, 1.0);
  visit("link_byte_per_s", "link in the box", m.link, 1.0);
  visit("internode_byte_per_s", "link between boxes", m.internode, 1.0);
  visit("power_w", "power", m.power, 1.0);
  visit("price_usd", "price at launch", m.price, 1.0);
  visit("rent_usd_per_hour", "rent", m.rent, 1 / seconds_per_hour);
  visit("devices", "devices", m.devices, 1.0);
  visit("cores", "cores", m.cores, 1.0);
  visit("units", "compute units", m.units, 1.0);
  visit("clock_per_s", "clock", m.clock, 1.0);
  visit("neurons", "neurons", m.neurons, 1.0);
  visit("synapses", "synapses", m.synapses, 1.0);
}

class MachineReader {
 public:
  explicit MachineReader(std::string name) : name_(std::move(name)) {}

  Machine read(const Node& root) {
    only_keys(root, "", {"format", "id", "name", "vendor", "kind", "link_kind", "launch_date", "aliases", "notes", "figures"});
    const Node* format = root.find("format");
    if (format == nullptr || !format->is(Node::Kind::integer) || format->integer != 1) problem(format, "format", "the first line of a machine file is format = 1");
    Machine m;
    m.file = name_;
    m.id = text(root, "id", true);
    m.name = text(root, "name", false);
    if (m.name.empty()) m.name = m.id;
    m.vendor = text(root, "vendor", false);
    m.launch_date = text(root, "launch_date", false);
    m.notes = text(root, "notes", false);
    m.kind = static_cast<MachineKind>(word(root, "kind", machine_kind_names, true));
    m.link_kind = static_cast<LinkKind>(word(root, "link_kind", link_kind_names, false));
    aliases(root, m);
    figures(root, m);
    return m;
  }

  const std::vector<std::string>& problems() const { return problems_; }

 private:
  void problem(const Node* at, std::string_view path, std::string_view what) {
    problems_.push_back(fmt::format("{}:{}: {}{}: {}", name_, at ? at->line : 1, path, at && !at->is(Node::Kind::table) ? " = " + to_text(*at) : "", what));
  }

  void only_keys(const Node& table, std::string_view path, const std::vector<std::string>& known) {
    for (const auto& [key, value] : table.entries)
      if (std::find(known.begin(), known.end(), key) == known.end()) problem(&value, fmt::format("{}{}", path, key), "no such key." + suggestion(key, known));
  }

  std::string text(const Node& table, const char* key, bool needed) {
    const Node* at = table.find(key);
    if (at == nullptr) {
      if (needed) problem(nullptr, key, "is missing");
      return {};
    }
    if (!at->is(Node::Kind::text) || (needed && at->text.empty())) problem(at, key, "must be a text in quotes");
    return at->text;
  }

  template <std::size_t N>
  std::size_t word(const Node& table, const char* key, const std::array<const char*, N>& words, bool needed) {
    const std::string given = text(table, key, needed);
    if (given.empty()) return 0;
    const auto found = std::find(words.begin(), words.end(), given);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    const std::vector<std::string> names(words.begin(), words.end());
    problem(table.find(key), key, "unknown." + suggestion(given, names));
    return 0;
  }

  void aliases(const Node& root, Machine& m) {
    const Node* at = root.find("aliases");
    if (at == nullptr) return;
    if (!at->is(Node::Kind::array)) return problem(at, "aliases", "must be a list of texts");
    for (const Node& item : at->items) {
      if (!item.is(Node::Kind::text) || item.text.empty()) problem(&item, "aliases", "must be a list of texts");
      else m.aliases.push_back(item.text);
    }
  }

  void figures(const Node& root, Machine& m) {
    const Node* at = root.find("figures");
    if (at == nullptr || !at->is(Node::Kind::table)) return problem(at, "figures", "a machine needs a table [figures] with at least a rate or a bandwidth");
    std::vector<std::string> known;
    each_figure(m, [&](const char* key, const char*, auto&, double) { known.emplace_back(key); });
    only_keys(*at, "figures.", known);
    each_figure(m, [&](const char* key, const char*, auto& figure, double factor) {
      if (const Node* node = at->find(key)) read_figure(*node, fmt::format("figures.{}", key), figure, factor);
    });
  }

  template <class Unit>
  void read_figure(const Node& at, const std::string& path, Figure<Unit>& figure, double factor) {
    if (at.is_number()) {
      add_reading(at, path, figure, at.real, fmt::format("{}", name_), factor);
    } else if (at.is(Node::Kind::array)) {
      if (at.items.empty()) problem(&at, path, "has no reading; leave the key out");
      for (const Node& item : at.items) read_reading(item, path, figure, factor);
    } else {
      problem(&at, path, "must be a number or a list of readings: [{ value = 1e12, source = \"data sheet\" }]");
    }
    settle(figure);
  }

  template <class Unit>
  void read_reading(const Node& at, const std::string& path, Figure<Unit>& figure, double factor) {
    if (!at.is(Node::Kind::table)) return problem(&at, path, "must be a table { value = ..., source = \"...\" }");
    only_keys(at, path + ".", {"value", "source", "date", "spread", "inferred"});
    const Node* value = at.find("value");
    if (value == nullptr || !value->is_number()) return problem(value ? value : &at, path + ".value", "must be a number");
    if (!add_reading(*value, path + ".value", figure, value->real, text(at, "source", true), factor)) return;
    Reading& r = figure.readings.back();
    r.date = text(at, "date", false);
    if (const Node* spread = at.find("spread")) {
      if (!spread->is_number() || !(spread->real >= 0 && spread->real <= 3)) problem(spread, path + ".spread", "must be a number between 0 and 3");
      else r.spread = spread->real;
    }
    if (const Node* inferred = at.find("inferred")) {
      if (!inferred->is(Node::Kind::boolean)) problem(inferred, path + ".inferred", "must be true or false");
      else r.inferred = inferred->boolean;
    }
  }

  template <class Unit>
  bool add_reading(const Node& at, const std::string& path, Figure<Unit>& figure, double value, std::string source, double factor) {
    if (!std::isfinite(value) || value <= 0 || value > 1e30) {
      problem(&at, path, "must be a positive number below 1e30; leave the key out where it is not known");
      return false;
    }
    constexpr double unstated = 0.05;  // a source that does not say how sure it is
    figure.readings.push_back({value * factor, std::move(source), "", unstated, false});
    return true;
  }

  /// The first reading is used (of rents, which name no first, the middle one); its spread is what that source is trusted with,
  /// and how far the others lie from it.
  template <class Unit>
  static void settle(Figure<Unit>& figure) {
    if (figure.readings.empty()) return;
    std::vector<double> logs;
    for (const Reading& r : figure.readings) logs.push_back(std::log(r.value));
    double chosen = logs.front();
    if constexpr (std::is_same_v<Unit, UsdPerSecond>) {
      std::nth_element(logs.begin(), logs.begin() + static_cast<std::ptrdiff_t>(logs.size() / 2), logs.end());
      chosen = logs[logs.size() / 2];
    }
    double squares = 0;
    for (const double x : logs) squares += (x - chosen) * (x - chosen);
    figure.value = Unit(std::is_same_v<Unit, UsdPerSecond> ? std::exp(chosen) : figure.readings.front().value);
    figure.spread = std::hypot(figure.readings.front().spread, std::sqrt(squares / static_cast<double>(logs.size())));
    figure.inferred = figure.readings.front().inferred;
    figure.known = true;
  }

  std::string name_;
  std::vector<std::string> problems_;
};

}  // namespace

Machine parse_machine(std::string_view text, const std::string& name) {
  const Node root = parse_toml(text, name);
  MachineReader reader(name);
  Machine m = reader.read(root);
  if (!reader.problems().empty()) throw InputError(reader.problems());
  plan::complete(m);
  return m;
}

Machine read_machine(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) throw InputError(fmt::format("{}: cannot be read: {}", file.string(), error.message()));
  if (size > file_size_max) throw InputError(fmt::format("{}: is too large for a machine file ({} bytes)", file.string(), size));
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return parse_machine(text, file.string());
}

std::vector<FigureView> figures_of(const Machine& machine) {
  std::vector<FigureView> views;
  each_figure(machine, [&](const char* key, const char* label, const auto& f, double factor) {
    using Unit = std::remove_cvref_t<decltype(f.value)>;
    const char* unit = factor == 1 ? unit_of<Unit>() : "USD/h";
    views.push_back({key, label, unit, number_of(f.value) / factor, f.spread, f.known, f.inferred, &f.readings, 1 / factor});
  });
  return views;
}

}  // namespace ranvier::io
