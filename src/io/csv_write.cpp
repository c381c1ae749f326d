// SPDX-License-Identifier: Apache-2.0
#include "csv_write.hpp"

#include <charconv>


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
  const std::vector<double> times = times_of(spec, trace);
  std::visit(
      [&](const auto& values) {
        const std::size_t neurons = trace.neurons.size();
        for (std::size_t i = 0; i < trace.sample_count(); ++i)
          for (std::size_t n = 0; n < neurons; ++n) {
            lines.number(times[i]).number(trace.neurons[n]);
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
  const std::vector<double> times = times_of(spec, connections.sample_steps);
  const std::size_t n = connections.source.size();
  if (connections.sampled) lines.text("time_ms");
  lines.text("source,target,receptor").text(unit.empty() ? "weight" : "weight_" + unit).text("delay_ms").end();
  const auto& receptors = spec.populations.at(static_cast<std::size_t>(connections.target_population)).receptors;
  const auto line = [&](std::size_t i, auto weight) {
    lines.number(connections.source[i]).number(connections.target[i])
        .text(field(receptors.at(connections.receptor[i]).name))
        .number(weight).number(connections.delay_ms[i]).end();
  };
  if (!connections.sampled)
    for (std::size_t i = 0; i < n; ++i) line(i, connections.weight[i]);
  std::visit(
      [&](const auto& samples) {
        for (std::size_t k = 0; k < times.size(); ++k)
          for (std::size_t i = 0; i < n; ++i) {
            lines.number(times[k]);
            line(i, samples[k * n + i]);
          }
      },
      connections.samples);
  return std::move(lines).finish();
}

OutputFile write_csv_volumes(const std::filesystem::path& path, const NetworkSpec& spec, const VolumeTrace& trace) {
  Lines lines(path);
  lines.text("time_ms");
  for (const std::string& name : trace.volumes) lines.text(field(name));
  lines.end();
  const std::vector<double> times = times_of(spec, trace);
  for (std::size_t i = 0; i < times.size(); ++i) {
    lines.number(times[i]);
    for (std::size_t k = 0; k < trace.volumes.size(); ++k) lines.number(trace.values[i * trace.volumes.size() + k]);
    lines.end();
  }
  return std::move(lines).finish();
}

}  // namespace ranvier::io
