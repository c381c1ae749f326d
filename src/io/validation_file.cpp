// SPDX-License-Identifier: Apache-2.0
#include "validation_file.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "csv.hpp"
#include "machine_file.hpp"
#include "ranvier/error.hpp"
#include "toml_tree.hpp"

namespace ranvier::io {
namespace {

std::string read_all(const std::filesystem::path& file) {
  constexpr std::uintmax_t size_max = std::uintmax_t{256} << 20;
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) throw InputError(fmt::format("{}: cannot be read: {}", file.string(), error.message()));
  if (size > size_max) throw InputError(fmt::format("{}: is too large for a table of measurements ({} bytes)", file.string(), size));
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The bag of a JSON object: null is absent; lists and tables say nothing to a formula and are passed over with a warning.
plan::Parameters to_parameters(const nlohmann::json& object, std::vector<std::string>& warnings) {
  plan::Parameters p;
  for (const auto& [key, value] : object.items()) {
    if (value.is_null()) continue;
    if (value.is_boolean()) p.set(key, value.get<bool>());
    else if (value.is_number()) p.set(key, value.get<double>());
    else if (value.is_string()) p.set(key, value.get<std::string>());
    else if (!plan::is_remark(key)) warnings.push_back(fmt::format("parameter {} is a {}: passed over", key, value.type_name()));
  }
  return p;
}

void read_parameters(const std::string& text, plan::MeasuredRow& row) {
  const auto json = nlohmann::json::parse(text.empty() ? "{}" : text, nullptr, false);
  if (!json.is_object()) {
    row.problem = "parameters_json is no JSON object";
    return;
  }
  row.parameters = to_parameters(json, row.warnings);
}

double positive(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && std::isfinite(value) && value > 0 ? value : 0;
}

bool has_column(std::string_view text, std::string_view column) {
  std::string_view header = text.substr(0, text.find('\n'));
  if (header.ends_with('\r')) header.remove_suffix(1);
  return header == column || header.ends_with("," + std::string(column)) || header.find("," + std::string(column) + ",") != header.npos;
}

}  // namespace

std::vector<plan::MeasuredRow> parse_measurements(std::string_view text, const std::string& name) {
  std::vector<ColumnRequest> wanted;
  for (const char* column : {"id", "hardware", "count", "workload", "parameters_json", "metric", "value", "unit"}) wanted.push_back({column, ColumnType::text});
  if (has_column(text, "score")) wanted.push_back({"score", ColumnType::text});
  const auto columns = read_csv_text(text, name, wanted);
  std::vector<plan::MeasuredRow> rows(columns[0].text.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    plan::MeasuredRow& r = rows[i];
    r.id = columns[0].text[i];
    r.hardware = columns[1].text[i];
    r.workload = columns[3].text[i];
    r.metric = columns[5].text[i];
    r.unit = columns[7].text[i];
    r.scored = wanted.size() < 9 || columns[8].text[i] != "no";
    read_parameters(columns[4].text[i], r);
    r.value = positive(columns[6].text[i]);
    if (!(r.value > 0)) r.problem = fmt::format("value = {}: is no positive number", columns[6].text[i]);
    const double count = columns[2].text[i].empty() ? 1 : positive(columns[2].text[i]);
    if (count >= 1 && count <= 1e8 && count == std::floor(count)) r.count = static_cast<int>(count);
    else r.problem = fmt::format("count = {}: is no whole number above 0", columns[2].text[i]);
  }
  return rows;
}

std::vector<plan::MeasuredRow> read_measurements(const std::filesystem::path& file) { return parse_measurements(read_all(file), file.string()); }

std::vector<plan::Case> find_machines(const std::vector<plan::MeasuredRow>& rows, MachineCatalogue& machines) {
  std::vector<plan::Case> cases;
  for (const auto& row : rows) {
    plan::Case c{&row, nullptr, {}};
    try {
      c.machine = &machines.find(row.hardware);
    } catch (const InputError& e) {
      c.reason = e.what();
    }
    cases.push_back(std::move(c));
  }
  return cases;
}

plan::Constants read_constants(const std::filesystem::path& file) {
  const Node root = parse_toml(read_all(file), file.string());
  plan::Constants constants;
  std::vector<std::string> problems;
  for (const auto& [key, value] : root.entries) {
    if (!value.is_number()) problems.push_back(fmt::format("{}:{}: {} = {}: must be a number", file.string(), value.line, key, to_text(value)));
    else {
      try {
        set_constant(constants, key, value.real);
      } catch (const InputError& e) {
        problems.push_back(fmt::format("{}:{}: {}", file.string(), value.line, e.what()));
      }
    }
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  return constants;
}

}  // namespace ranvier::io
