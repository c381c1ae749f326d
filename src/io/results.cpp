// SPDX-License-Identifier: Apache-2.0
#include "results.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <set>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "csv_write.hpp"
#include "npz_write.hpp"
#include "output_file.hpp"
#include "ranvier/error.hpp"
#include "sonata_write.hpp"

namespace ranvier::io {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view advice = "choose another folder with --output";

/// results/<network>-<time>; a second run within the same second gets "-2".
fs::path default_folder(std::string_view network_name) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const fs::path base = fs::path("results") / fmt::format("{}-{:%Y%m%d-%H%M%S}", plain_name(network_name), fmt::localtime(now));
  fs::path folder = base;
  for (int n = 2; fs::exists(folder); ++n) folder = fmt::format("{}-{}", base.string(), n);
  return folder;
}

void require_free(const fs::path& folder, bool overwrite) {
  if (!fs::is_directory(folder))
    throw InputError(fmt::format("{}: exists and is not a folder\n  {}", folder.string(), advice));
  if (overwrite || fs::is_empty(folder)) return;
  const bool earlier = fs::exists(folder / "summary.json");
  throw InputError(fmt::format("{}: the folder exists and {}\n  {}, or use --overwrite{}", folder.string(),
                               earlier ? "holds the results of an earlier run" : "is not empty", advice,
                               earlier ? " to replace them" : " to write into it (other files are kept)"));
}

/// Permissions do not tell whether a folder can be written to (read-only disks, quotas, root): trying does.
void require_writable(const fs::path& folder) {
  const fs::path probe = folder / fmt::format(".ranvier.{}.part", ::getpid());
  errno = 0;
  const bool opened = std::ofstream(probe).put('\n').flush().good();
  const int error = errno;
  std::error_code ignored;
  fs::remove(probe, ignored);
  if (!opened) throw InputError(fmt::format("{}: cannot write to the folder: {}\n  {}", folder.string(), std::strerror(error), advice));
}

/// Names that were given out, so that two recordings of one name do not fall on one file.
class Names {
 public:
  std::string operator()(const std::string& stem, std::string_view ending) {
    std::string name = fmt::format("{}.{}", stem, ending);
    for (int n = 2; !taken_.insert(name).second; ++n) name = fmt::format("{}_{}.{}", stem, n, ending);
    return name;
  }

 private:
  std::set<std::string> taken_{"summary.json"};
};

std::string_view ending(FileFormat format) {
  return format == FileFormat::sonata ? "h5" : format == FileFormat::csv ? "csv" : "npz";
}

OutputFile write_spikes(const fs::path& path, FileFormat format, const std::vector<SpikeTable>& tables) {
  switch (format) {
    case FileFormat::csv: return write_csv_spikes(path, tables);
    case FileFormat::npz: return write_npz_spikes(path, tables);
    default: return write_sonata_spikes(path, tables);
  }
}

OutputFile write_connections(const fs::path& path, FileFormat format, const NetworkSpec& spec, const Connections& connections) {
  switch (format) {
    case FileFormat::csv: return write_csv_connections(path, spec, connections);
    case FileFormat::npz: return write_npz_connections(path, spec, connections);
    default: return write_sonata_edges(path, spec, connections);
  }
}

OutputFile write_volumes(const fs::path& path, FileFormat format, const NetworkSpec& spec, const VolumeTrace& trace) {
  switch (format) {
    case FileFormat::csv: return write_csv_volumes(path, spec, trace);
    case FileFormat::npz: return write_npz_volumes(path, spec, trace);
    default: return write_hdf5_volumes(path, spec, trace);
  }
}

const std::string& population_name(const NetworkSpec& spec, int population) {
  return spec.populations.at(static_cast<std::size_t>(population)).name;
}

/// All files but the summary, complete but under temporary names. What each holds goes to `contents`.
class Writer {
 public:
  Writer(const fs::path& folder, FileFormat format, const NetworkSpec& spec) : folder_(folder), format_(format), spec_(spec) {}

  void spikes(const RunResult& result) {
    const auto tables = spike_tables(spec_, result.spikes, result.times_ms);
    if (tables.empty()) return;
    const fs::path path = folder_ / names_("spikes", ending(format_));
    Json populations = Json::array();
    for (const auto& table : tables) populations.push_back(table.population);
    add(write_spikes(path, format_, tables), {{"kind", "spikes"}, {"populations", populations}});
  }

  void trace(const Trace& trace) {
    const std::string stem = plain_name(trace.name.empty() ? "state" : trace.name);
    Json content{{"kind", "state"}, {"recording", trace.name}, {"population", population_name(spec_, trace.population)}};
    if (format_ != FileFormat::sonata) {
      const fs::path path = folder_ / names_(stem, ending(format_));
      for (const auto& variable : trace.variables) content["variables"].push_back(Json{{"name", variable.name}, {"unit", variable.unit}});
      add(format_ == FileFormat::csv ? write_csv_trace(path, spec_, trace) : write_npz_trace(path, spec_, trace), content);
      return;
    }
    for (std::size_t v = 0; v < trace.variables.size(); ++v) {
      const auto& variable = trace.variables[v];
      content["variables"] = Json::array({Json{{"name", variable.name}, {"unit", variable.unit}}});
      add(write_sonata_trace(folder_ / names_(plain_name(stem + "_" + variable.name), ending(format_)), spec_, trace, v), content);
    }
  }

  /// Recordings that are one report: all traces of one name.
  void report(const std::vector<const Trace*>& traces) {
    const Trace& first = *traces[0];
    Json content{{"kind", "state"}, {"recording", first.name}, {"population", result_name(spec_.populations.at(static_cast<std::size_t>(first.population)))}};
    content["variables"] = Json::array({Json{{"name", first.variables[0].name}, {"unit", first.variables[0].unit}}});
    add(write_sonata_report(folder_ / names_(plain_name(first.name), ending(format_)), spec_, traces), content);
  }

  void traces(const std::vector<Trace>& all) {
    std::set<std::string> done;
    for (const Trace& one : all) {
      if (format_ != FileFormat::sonata || !shares_file(one.name)) {
        trace(one);
        continue;
      }
      if (!done.insert(one.name).second) continue;
      std::vector<const Trace*> same;
      for (const Trace& other : all)
        if (other.name == one.name) same.push_back(&other);
      report(same);
    }
  }

  void connections(const Connections& connections) {
    const auto& source = population_name(spec_, connections.source_population);
    const auto& target = population_name(spec_, connections.target_population);
    const std::string stem = plain_name(fmt::format("{}_{}_{}", connections.name.empty() ? "connections" : connections.name, source, target));
    Json content{{"kind", "connections"}, {"recording", connections.name}, {"source", source}, {"target", target}};
    if (connections.sampled) content.update({{"samples", connections.sample_steps.size()}, {"unit", weight_unit(spec_, connections)}});
    add(write_connections(folder_ / names_(stem, ending(format_)), format_, spec_, connections), content);
  }

  void volumes(const VolumeTrace& trace) {
    add(write_volumes(folder_ / names_(plain_name(trace.name), ending(format_)), format_, spec_, trace), {{"kind", "volumes"}, {"recording", trace.name}, {"volumes", trace.volumes}});
  }

  std::vector<OutputFile>& files() { return files_; }
  const Json& contents() const { return contents_; }

 private:
  bool shares_file(const std::string& recording) const {
    return std::any_of(spec_.recordings.begin(), spec_.recordings.end(), [&](const RecordingSpec& r) { return r.shares_file && r.name == recording; });
  }

  void add(OutputFile file, Json content) {
    Json entry{{"name", file.path().filename().string()}};
    entry.update(content);
    contents_.push_back(std::move(entry));
    files_.push_back(std::move(file));
  }

  fs::path folder_;
  FileFormat format_;
  const NetworkSpec& spec_;
  Names names_;
  std::vector<OutputFile> files_;
  Json contents_ = Json::array();
};

OutputFile write_summary(const fs::path& folder, const Json& summary) {
  OutputFile file(folder / "summary.json");
  file.write(summary.dump(2) + "\n");
  file.close();
  return file;
}

/// Removes what an earlier run left here, its summary first: from now until the new summary has its name, the folder
/// does not pass for a whole result. Only plain names that the earlier summary lists are touched.
void remove_earlier(const fs::path& folder) {
  std::ifstream file(folder / "summary.json");
  const Json earlier = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  file.close();
  std::error_code ignored;
  fs::remove(folder / "summary.json", ignored);
  if (!earlier.is_object() || !earlier.contains("files") || !earlier["files"].is_array()) return;
  for (const auto& entry : earlier["files"]) {
    if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string()) continue;
    const auto name = entry["name"].get<std::string>();
    if (name == plain_name(name)) fs::remove(folder / name, ignored);
  }
}

std::vector<fs::path> write_all(const OutputFolder& folder, const OutputOptions& options, const NetworkSpec& spec,
                                const RunResult& result, Json& summary) {
  Writer writer(folder.path, options.format, spec);
  writer.spikes(result);
  writer.traces(result.traces);
  for (const auto& connections : result.connections) writer.connections(connections);
  for (const auto& trace : result.volume_traces) writer.volumes(trace);
  summary["files"] = writer.contents();
  writer.files().push_back(write_summary(folder.path, summary));

  remove_earlier(folder.path);
  std::vector<fs::path> paths;
  for (auto& file : writer.files()) {
    file.commit();
    paths.push_back(file.path());
  }
  return paths;
}

}  // namespace

FileFormat parse_file_format(std::string_view word) {
  if (word == "sonata") return FileFormat::sonata;
  if (word == "csv") return FileFormat::csv;
  if (word == "npz") return FileFormat::npz;
  throw InputError(fmt::format("--spikes-format {}: no such format\n  use sonata (HDF5), csv or npz", word));
}

OutputFolder prepare_output(const OutputOptions& options, std::string_view network_name) {
  OutputFolder folder;
  try {
    folder.path = options.folder.empty() ? default_folder(network_name) : options.folder;
    if (fs::exists(folder.path))
      require_free(folder.path, options.overwrite);
    else
      folder.created = fs::create_directories(folder.path);
  } catch (const fs::filesystem_error& error) {  // no permission to look, no permission to make
    throw InputError(fmt::format("{}: cannot make or read the folder: {}\n  {}", folder.path.string(), error.code().message(), advice));
  }
  require_writable(folder.path);
  return folder;
}

void remove_if_unused(const OutputFolder& folder) {
  std::error_code ignored;
  if (folder.created) fs::remove(folder.path, ignored);  // fails, as it should, unless the folder is empty
}

std::vector<fs::path> write_results(const OutputFolder& folder, const OutputOptions& options, const NetworkSpec& spec,
                                    const RunResult& result, Json summary) {
  try {
    return write_all(folder, options, spec, result, summary);
  } catch (...) {
    remove_if_unused(folder);
    throw;
  }
}

}  // namespace ranvier::io
