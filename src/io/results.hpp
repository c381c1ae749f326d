// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The folder that a run leaves behind.
///
///     folder = prepare_output(options, name)      before the network is built: a bad folder costs no time
///     summary = summarise(spec, result)           after the run
///     write_results(folder, ...)                  spikes, traces, connections, then summary.json

#include <filesystem>
#include <string_view>
#include <vector>

#include "ranvier/network.hpp"
#include "ranvier/record.hpp"
#include "summary.hpp"

namespace ranvier::io {

enum class FileFormat { sonata, csv, npz };

/// "sonata", "csv" or "npz". Errors: InputError that lists them
FileFormat parse_file_format(std::string_view word);

struct OutputOptions {
  std::filesystem::path folder;  ///< empty: results/<network>-<YYYYmmdd-HHMMSS>, local time, in the working directory
  bool overwrite = false;        ///< replace the results of an earlier run in this folder; other files in it are kept
  FileFormat format = FileFormat::sonata;
};

/// A folder that exists, may be written to, and may hold these results.
struct OutputFolder {
  std::filesystem::path path;
  bool created = false;  ///< it was not there before
};

/// Takes a folder away again that prepare_output made and nothing was written to.
void remove_if_unused(const OutputFolder& folder);

/// Finds and makes the folder.
///
/// Errors  InputError: it exists, is not empty and `overwrite` is false; is a file; cannot be made or written to
OutputFolder prepare_output(const OutputOptions& options, std::string_view network_name);

/// Writes all results. Every file is complete before the first gets its name, and summary.json is last: a folder with a
/// summary is whole. After an error, nothing new is left; with `overwrite`, the earlier results are still there.
///
///   spikes.{h5,csv,npz}                     where spikes are recorded
///   <recording>_<variable>.h5 or <recording>.{csv,npz}        each state recording
///   <recording>_<source>_<target>.{h5,csv,npz}                each pair of populations of a weights or connectivity recording
///   summary.json                            `summary`, and "files": the names of all the others
///
/// Returns the paths of the files, summary.json last.
/// Errors  RunError: a full disk, a limit, a folder that vanished
std::vector<std::filesystem::path> write_results(const OutputFolder& folder, const OutputOptions& options,
                                                 const NetworkSpec& spec, const RunResult& result, Json summary);

}  // namespace ranvier::io
