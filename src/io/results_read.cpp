// SPDX-License-Identifier: Apache-2.0
#include "results_read.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "hdf5_results.hpp"
#include "npz.hpp"
#include "ranvier/error.hpp"
#include "tables.hpp"

namespace ranvier::io {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& file, std::string_view what) {
  throw InputError(fmt::format("{}: {}\n  give the results of a run that completed", file.string(), what));
}

/// Lines of a CSV file that Ranvier wrote: numbers, after at most one leading word per line.
class CsvFile {
 public:
  explicit CsvFile(const fs::path& path) : path_(path), stream_(path) {
    std::string header;
    if (!stream_ || !std::getline(stream_, header)) fail(path, "cannot be opened or is empty");
  }
  /// Reads the next line; false at the end of the file.
  bool next() {
    if (!std::getline(stream_, line_)) return false;
    rest_ = line_;
    return true;
  }
  std::string word() {
    if (!rest_.starts_with('"')) return std::string(field());
    std::string value;
    std::size_t i = 1;
    for (; i < rest_.size(); ++i) {
      if (rest_[i] == '"' && (i + 1 == rest_.size() || rest_[i + 1] != '"')) break;
      if (rest_[i] == '"') ++i;  // a doubled quote is one
      value += rest_[i];
    }
    rest_.remove_prefix(std::min(i + 2, rest_.size()));  // the closing quote and the comma
    return value;
  }
  double number() {
    const auto text = field();
    double value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{})
      fail(path_, fmt::format("\"{}\" is not a number", text));
    return value;
  }
  /// An id: a conversion of a negative number would not be defined.
  std::uint64_t id() {
    const double value = number();
    if (!(value >= 0 && value < 4294967296.0)) fail(path_, fmt::format("{} is not the number of a neuron", value));
    return static_cast<std::uint64_t>(value);
  }

 private:
  std::string_view field() {
    const auto comma = rest_.find(',');
    const auto value = rest_.substr(0, comma);
    rest_ = comma == std::string_view::npos ? std::string_view() : rest_.substr(comma + 1);
    return value;
  }
  fs::path path_;
  std::ifstream stream_;
  std::string line_;
  std::string_view rest_;
};

/// Where a population lies among the global ids. Where its neurons have ids of their own (it was read from SONATA), `global` has
/// each one's; it may be made of several populations of the run.
struct Place {
  std::uint64_t first = 0, size = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> global = {};
};

std::map<std::string, Place> places_of(const Json& summary) {
  std::map<std::string, Place> places;
  std::uint64_t first = 0;
  for (const auto& population : summary.at("populations")) {
    const auto size = population.at("size").get<std::uint64_t>();
    if (const auto ids = population.find("node_ids"); ids != population.end()) {
      Place& place = places[population.value("part_of", population.at("name").get<std::string>())];
      for (std::uint64_t i = 0; i < ids->size(); ++i) place.global[ids->at(i).get<std::uint64_t>()] = first + i;
    } else {
      places[population.at("name").get<std::string>()] = {first, size};
    }
    first += size;
  }
  return places;
}

/// Collects spikes with local ids and times as spikes with global ids and steps.
class Collector {
 public:
  Collector(const fs::path& file, const Json& summary)
      : file_(file), dt_ms_(summary.at("run").at("dt_ms").get<double>()) {}

  void add(const Place& place, std::uint64_t neuron, double time_ms) {
    const auto own = place.global.find(neuron);
    if (place.global.empty() ? neuron >= place.size : own == place.global.end())
      fail(file_, fmt::format("neuron {} does not exist; the population has {}", neuron, place.global.empty() ? place.size : place.global.size()));
    const std::uint64_t global = place.global.empty() ? place.first + neuron : own->second;
    const double step = std::ceil(time_ms / dt_ms_ - 1e-6);  // exact times belong to the step that they lie in
    if (!(step >= 0 && step < 4294967296.0)) fail(file_, fmt::format("a spike at {} ms is outside any run", time_ms));
    spikes_.push_back({static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(global)});
  }
  void add(const Place& place, const std::vector<double>& times, const std::vector<std::uint64_t>& neurons) {
    if (times.size() != neurons.size()) fail(file_, "has different numbers of timestamps and node_ids");
    for (std::size_t i = 0; i < times.size(); ++i) add(place, neurons[i], times[i]);
  }
  std::vector<Spike> sorted() && {
    std::sort(spikes_.begin(), spikes_.end());
    return std::move(spikes_);
  }

 private:
  fs::path file_;
  double dt_ms_;
  std::vector<Spike> spikes_;
};

const Json& files_of(const Json& summary) {
  static const Json none = Json::array();
  const auto files = summary.find("files");
  return files == summary.end() ? none : *files;
}

/// The populations of a spikes file, as its entry in the summary lists them.
std::vector<std::string> populations_in(const Json& entry) { return entry.at("populations").get<std::vector<std::string>>(); }

void read_spike_file(const fs::path& file, const Json& entry, const std::map<std::string, Place>& places, Collector& spikes) {
  if (file.extension() == ".csv") {
    for (CsvFile csv(file); csv.next();) {
      const auto place = places.find(csv.word());
      if (place == places.end()) fail(file, "names a population that the summary does not know");
      const auto neuron = csv.id();
      spikes.add(place->second, neuron, csv.number());
    }
    return;
  }
  for (const auto& name : populations_in(entry)) {
    const auto place = places.find(name);
    if (place == places.end()) fail(file, fmt::format("holds population \"{}\", which the summary does not know", name));
    const std::string group = plain_name(name);
    if (file.extension() == ".npz")
      spikes.add(place->second, read_npz<double>(file, group + "/timestamps"), read_npz<std::uint64_t>(file, group + "/node_ids"));
    else
      spikes.add(place->second, hdf5_values<double>(file, "/spikes/" + group + "/timestamps"),
                 hdf5_values<std::uint64_t>(file, "/spikes/" + group + "/node_ids"));
  }
}

StateSeries empty_series(const Json& entry, std::size_t variable) {
  const auto& described = entry.at("variables").at(variable);
  return {entry.at("recording").get<std::string>(), entry.at("population").get<std::string>(),
          described.at("name").get<std::string>(), described.at("unit").get<std::string>(), {}, {}, {}};
}

StateSeries read_state_hdf5(const fs::path& file, const Json& entry) {
  StateSeries series = empty_series(entry, 0);
  const std::string report = "/report/" + plain_name(series.population);
  series.neurons = hdf5_values<std::uint64_t>(file, report + "/mapping/node_ids");
  series.values = hdf5_values<double>(file, report + "/data");
  const auto time = hdf5_values<double>(file, report + "/mapping/time");
  if (time.size() != 3 || series.neurons.empty()) fail(file, "is not a report that Ranvier wrote");
  const std::size_t samples = series.values.size() / series.neurons.size();
  for (std::size_t i = 0; i < samples; ++i) series.time_ms.push_back(time[0] + double(i) * time[2]);
  return series;
}

/// Values of a variable, whichever precision the run had.
std::vector<double> npz_values(const fs::path& file, const std::string& name, bool double_precision) {
  if (double_precision) return read_npz<double>(file, name);
  const auto values = read_npz<float>(file, name);
  return {values.begin(), values.end()};
}

std::vector<StateSeries> read_state_npz(const fs::path& file, const Json& entry, bool double_precision) {
  std::vector<StateSeries> all;
  for (std::size_t v = 0; v < entry.at("variables").size(); ++v) {
    auto& series = all.emplace_back(empty_series(entry, v));
    series.time_ms = read_npz<double>(file, "time_ms");
    for (const auto id : read_npz<std::uint32_t>(file, "node_ids")) series.neurons.push_back(id);
    series.values = npz_values(file, series.variable, double_precision);
  }
  return all;
}

std::vector<StateSeries> read_state_csv(const fs::path& file, const Json& entry) {
  std::vector<StateSeries> all;
  for (std::size_t v = 0; v < entry.at("variables").size(); ++v) all.push_back(empty_series(entry, v));
  std::vector<double> times;
  std::vector<std::uint64_t> neurons;
  for (CsvFile csv(file); csv.next();) {
    const double time = csv.number();
    const auto neuron = csv.id();
    if (times.empty() || times.back() != time) times.push_back(time);
    if (times.size() == 1) neurons.push_back(neuron);
    for (auto& series : all) series.values.push_back(csv.number());
  }
  for (auto& series : all) {
    series.time_ms = times;
    series.neurons = neurons;
  }
  return all;
}

void read_weights_csv(const fs::path& file, WeightHistory& w) {
  for (CsvFile csv(file); csv.next();) {
    const double time = csv.number();
    if (w.time_ms.empty() || w.time_ms.back() != time) w.time_ms.push_back(time);
    csv.id(), csv.id(), csv.word();
    w.values.push_back(csv.number());
  }
}

void read_volumes_csv(const fs::path& file, VolumeHistory& v) {
  for (CsvFile csv(file); csv.next();) {
    v.time_ms.push_back(csv.number());
    for (std::size_t k = 0; k < v.volumes.size(); ++k) v.values.push_back(csv.number());
  }
}

void read_volumes_hdf5(const fs::path& file, VolumeHistory& v) {
  v.time_ms = hdf5_values<double>(file, "/time");
  v.values.resize(v.time_ms.size() * v.volumes.size());
  for (std::size_t k = 0; k < v.volumes.size(); ++k) {
    const auto one = hdf5_values<double>(file, "/volumes/" + plain_name(v.volumes[k]) + "/concentration");
    if (one.size() != v.time_ms.size()) fail(file, "has values missing");
    for (std::size_t i = 0; i < one.size(); ++i) v.values[i * v.volumes.size() + k] = one[i];
  }
}

}  // namespace

std::vector<WeightHistory> read_weights(const fs::path& folder, const Json& summary) {
  std::vector<WeightHistory> all;
  for (const auto& entry : files_of(summary)) {
    if (entry.at("kind") != "connections" || !entry.contains("samples")) continue;
    const auto word = [&](const char* key) { return entry.at(key).get<std::string>(); };
    const fs::path file = folder / word("name");
    WeightHistory w{word("recording"), word("source"), word("target"), word("unit"), {}, {}};
    if (file.extension() == ".csv") {
      read_weights_csv(file, w);
    } else if (file.extension() == ".npz") {
      w.time_ms = read_npz<double>(file, "time_ms");
      w.values = npz_values(file, "samples", summary.at("run").at("precision") == "double");
    } else {
      w.time_ms = hdf5_values<double>(file, "/weights/time");
      w.values = hdf5_values<double>(file, "/weights/data");
    }
    if (w.time_ms.empty() ? !w.values.empty() : w.values.size() % w.time_ms.size() != 0) fail(file, "has values missing");
    all.push_back(std::move(w));
  }
  return all;
}

std::vector<VolumeHistory> read_volumes(const fs::path& folder, const Json& summary) {
  std::vector<VolumeHistory> all;
  for (const auto& entry : files_of(summary)) {
    if (entry.at("kind") != "volumes") continue;
    const fs::path file = folder / entry.at("name").get<std::string>();
    VolumeHistory v{entry.at("recording").get<std::string>(), entry.at("volumes").get<std::vector<std::string>>(), {}, {}};
    if (file.extension() == ".csv") {
      read_volumes_csv(file, v);
    } else if (file.extension() == ".npz") {
      v.time_ms = read_npz<double>(file, "time_ms");
      v.values = read_npz<double>(file, "concentration");
    } else {
      read_volumes_hdf5(file, v);
    }
    if (v.values.size() != v.time_ms.size() * v.volumes.size()) fail(file, "has values missing");
    all.push_back(std::move(v));
  }
  return all;
}

std::vector<Spike> read_spikes(const fs::path& folder, const Json& summary) {
  const auto places = places_of(summary);
  Collector spikes(folder, summary);
  for (const auto& entry : files_of(summary))
    if (entry.at("kind") == "spikes") read_spike_file(folder / entry.at("name").get<std::string>(), entry, places, spikes);
  return std::move(spikes).sorted();
}

std::vector<StateSeries> read_state(const fs::path& folder, const Json& summary) {
  std::vector<StateSeries> all;
  for (const auto& entry : files_of(summary)) {
    if (entry.at("kind") != "state") continue;
    const fs::path file = folder / entry.at("name").get<std::string>();
    std::vector<StateSeries> found;
    if (file.extension() == ".csv") found = read_state_csv(file, entry);
    else if (file.extension() == ".npz") found = read_state_npz(file, entry, summary.at("run").at("precision") == "double");
    else found.push_back(read_state_hdf5(file, entry));
    for (auto& series : found) {
      if (series.values.size() != series.neurons.size() * series.time_ms.size()) fail(file, "has values missing");
      all.push_back(std::move(series));
    }
  }
  return all;
}

}  // namespace ranvier::io
