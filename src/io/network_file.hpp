// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Network files (TOML, format = 1) to NetworkSpec. The language is described in docs/network-file.md.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ranvier/network.hpp"

namespace ranvier::io {

struct Node;

/// What the command line changes in a file. Each wins over what the file says.
struct Overrides {
  std::vector<std::pair<std::string, std::string>> set;  ///< --set NAME=VALUE, of names in [parameters]
  std::optional<double> duration_ms, warmup_ms;
  std::optional<std::uint64_t> seed;
  std::optional<int> threads;                            ///< 0: automatic
};

/// Reads and checks a network file; files it names are found from its own folder. A file that ends in .json is a SONATA
/// config (sonata_file.hpp).
///
/// The result is complete: every name is resolved, every number is in the engine's units and legal where the model says
/// what is legal, the four seeds are filled in.
/// Errors  InputError with all problems of the file, each "file:line: key.path = value: what; how to mend it"
NetworkSpec read_network(const std::filesystem::path& file, const Overrides& overrides = {});

/// The same from text; `name` stands for the file: in messages, and for the folder of files it names.
NetworkSpec parse_network(std::string_view text, const std::filesystem::path& name, const Overrides& overrides = {});

/// The same from a tree that a program made (toml_tree.hpp), with the keys of a network file: numbers without a unit are in ms, mV, pA, nS, pF, Hz,
/// um, as in the tables of models; arrays of numbers stand wherever a file may have a column, a list of edges, spikes or places.
///   name    of the network, for messages
///   folder  where relative paths begin
NetworkSpec read_tree(Node document, const std::string& name, const std::filesystem::path& folder, const Overrides& overrides = {});

}  // namespace ranvier::io
