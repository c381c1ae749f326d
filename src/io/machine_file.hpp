// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Machine files: one TOML file per machine; data/machines holds those that ship.
///
///     format = 1
///     id = "my-card"
///     name = "My card 24 GB"
///     kind = "gpu"                        gpu cpu soc tpu asic wafer neuromorphic cluster brain
///     link_kind = "bus"                   none bus bridge mesh fabric; optional
///     aliases = ["mine"]                  optional, as are vendor, launch_date, notes
///     [figures]
///     bandwidth_byte_per_s = 1.0e12       a number alone: source is the file itself
///     fp32_flop_per_s = [{ value = 4e13, source = "data sheet", date = "2024", spread = 0.02 }, ...]
///
/// Every figure may be left out; plan::complete() infers what is missing from one rate or one bandwidth.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/machine.hpp"

namespace ranvier::io {

/// Reads a machine and completes it. Errors: InputError with all problems, "file:line: key: what".
Machine read_machine(const std::filesystem::path& file);
Machine parse_machine(std::string_view text, const std::string& name);

/// Keys of [figures], for lists and comparisons.
struct FigureView {
  const char* key;      ///< "bandwidth_byte_per_s"
  const char* label;    ///< "memory bandwidth"
  const char* unit;     ///< "byte/s"
  double value = 0;
  double spread = 0;
  bool known = false, inferred = false;
  const std::vector<Reading>* readings = nullptr;
  double per_unit = 1;  ///< readings times this are in `unit`
};
/// All figures of a machine, known or not, in a fixed order.
std::vector<FigureView> figures_of(const Machine& machine);

/// The machines that ship, and those of the folders named in RANVIER_MACHINES (separated by ':'), which win under the same id.
class MachineCatalogue {
 public:
  MachineCatalogue();
  const std::vector<Machine>& all() const { return machines_; }
  /// By id, alias, path of a .toml file, or the shortest part that only one has ("a100" but not "a1").
  /// Errors: InputError that lists the candidates, or the nearest name.
  const Machine& find(std::string_view name);
  /// "2xh100" is two of them; a name without a count is one ("7900xtx" is a name).
  /// Errors: as find(), or a count that is zero or too large.
  struct Several {
    int count;
    const Machine* machine;
  };
  Several find_several(std::string_view text);

 private:
  std::vector<Machine> machines_;
  std::vector<std::unique_ptr<Machine>> read_;  ///< from files named in questions; they stay where they are
};

/// The alias to show: the shortest of id and aliases.
std::string_view short_name(const Machine& machine);

}  // namespace ranvier::io
