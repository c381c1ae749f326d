// SPDX-License-Identifier: Apache-2.0
/// libFuzzer target: no JSON and no table of types make the reader of SONATA circuits crash, hang or throw anything but InputError.
/// The first byte says which file of a small circuit the others replace. (HDF5 files are read by the HDF5 library, which has fuzzers of its own.)
///
///   fuzz_sonata -max_total_time=60 CORPUS tests/fuzz/sonata

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "io/network_file.hpp"
#include "ranvier/error.hpp"

namespace {

namespace fs = std::filesystem;

const char* const files[] = {"simulation_config.json", "circuit_config.json", "network/cells_node_types.csv", "network/edge_types.csv", "components/cell_models/glif_psc.json",
                             "components/synaptic_models/receptor_1.json"};

struct Circuit {
  fs::path folder;
  Circuit() {
    std::string pattern = (fs::temp_directory_path() / "ranvier_fuzz_XXXXXX").string();
    if (!mkdtemp(pattern.data())) std::abort();
    folder = pattern;
    fs::copy(RANVIER_SOURCE_DIR "/tests/data/sonata/nest_models", folder, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  ~Circuit() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const Circuit circuit;
  if (size == 0) return 0;
  const fs::path file = circuit.folder / files[data[0] % std::size(files)], whole = fs::path(RANVIER_SOURCE_DIR "/tests/data/sonata/nest_models") / files[data[0] % std::size(files)];
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(data + 1), static_cast<std::streamsize>(size - 1));
  try {
    ranvier::io::read_network(circuit.folder / "simulation_config.json");
  } catch (const ranvier::InputError&) {
  }
  fs::copy_file(whole, file, fs::copy_options::overwrite_existing);
  return 0;
}
