// SPDX-License-Identifier: Apache-2.0
#include "csv_write.hpp"

#include <charconv>

#include "core/grid_time.hpp"

namespace ranvier::io {
namespace {

/// Lines of a table, written as they fill; numbers by to_chars, which neither rounds nor asks the locale.
class Lines {
 public:
  explicit Lines(const std::filesystem::path& path) : file_(path) {}

  Lines& text(std::string_view value) {
    separate();
    line_ += value;
    return *this;
  }
  template <class T>
  Lines& number(T value) {
    char digits[32];
    return text({digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, value).ptr - digits)});
  }
  void end() {
    line_ += '\n';
    file_.write(line_);
    line_.clear();
    first_ = true;
  }
  OutputFile finish() && {
    file_.close();
    return std::move(file_);
  }

 private:
  void separate() {
    if (!first_) line_ += ',';
    first_ = false;
  }
  OutputFile file_;
  std::string line_;
  bool first_ = true;
};

/// A field as RFC 4180 wants it: quoted where it holds a comma, a quote or a line break.
std::string field(std::string_view value) {
  if (value.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(value);
  std::string quoted = "\"";
  for (const char c : value) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

}  // namespace

OutputFile write_csv_spikes(const std::filesystem::path& path, const std::vector<SpikeTable>& tables) {
  Lines lines(path);
  lines.text("population,node_id,time_ms").end();
  for (const auto& table : tables) {
    const std::string name = field(table.population);
    for (std::size_t i = 0; i < table.node_ids.size(); ++i)
      lines.text(name).number(table.node_ids[i]).number(table.timestamps_ms[i]).end();
  }
  return std::move(lines).finish();
}

OutputFile write_csv_trace(const std::filesystem::path& path, const NetworkSpec& spec, const Trace& trace) {
  Lines lines(path);
  lines.text("time_ms").text("node_id");
  for (const auto& variable : trace.variables) lines.text(field(variable.name + " (" + variable.unit + ")"));
  lines.end();
  const GridTime time(spec.simulation.dt_ms);
  std::visit(
      [&](const auto& values) {
        const std::size_t neurons = trace.neurons.size();
        for (std::size_t i = 0; i < trace.sample_count(); ++i)
          for (std::size_t n = 0; n < neurons; ++n) {
            lines.number(time(trace.first_step + std::uint64_t{trace.interval} * i)).number(trace.neurons[n]);
            for (std::size_t v = 0; v < trace.variables.size(); ++v)
              lines.number(values[i * trace.row_size() + v * neurons + n]);
            lines.end();
          }
      },
      trace.values);
  return std::move(lines).finish();
}

OutputFile write_csv_connections(const std::filesystem::path& path, const NetworkSpec& spec,
                                 const Connections& connections) {
  Lines lines(path);
  const std::string unit = weight_unit(spec, connections);
  lines.text("source,target,receptor").text(unit.empty() ? "weight" : "weight_" + unit).text("delay_ms").end();
  const auto& receptors = spec.populations.at(static_cast<std::size_t>(connections.target_population)).receptors;
  for (std::size_t i = 0; i < connections.source.size(); ++i)
    lines.number(connections.source[i]).number(connections.target[i])
        .text(field(receptors.at(connections.receptor[i]).name))
        .number(connections.weight[i]).number(connections.delay_ms[i]).end();
  return std::move(lines).finish();
}

}  // namespace ranvier::io
