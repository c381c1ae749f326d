// SPDX-License-Identifier: Apache-2.0
#include "io/state_file.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "io/columns.hpp"
#include "io/hdf5_read.hpp"
#include "io/hdf5_write.hpp"
#include "io/output_file.hpp"
#include "ranvier/error.hpp"

namespace ranvier::io {
namespace {
constexpr const char* format_name = "ranvier state 2";

std::vector<double> numbers(const std::filesystem::path& file, const std::string& dataset) {
  const ColumnRequest wanted[] = {{dataset, ColumnType::real}};
  return read_hdf5(file, wanted).at(0).real;
}

/// Of everything a state holds, in hexadecimal: a byte that has changed is noticed, whatever it stands for.
std::string checksum(const engine::Snapshot& s) {
  XXH64_state_t* const hash = XXH64_createState();
  const auto add = [&](const void* data, std::size_t size) { XXH64_update(hash, data, size); };
  XXH64_reset(hash, 0);
  const std::uint64_t head[] = {s.step, s.fingerprint, s.double_precision, s.arrays.size(), s.in_flight.size(), s.exact_in_flight.size()};
  add(head, sizeof head);
  for (const auto& array : s.arrays) {
    add(array.name.data(), array.name.size() + 1);
    add(array.values.data(), sizeof(double) * array.values.size());
  }
  add(s.in_flight.data(), sizeof(Spike) * s.in_flight.size());
  for (const ExactSpike& x : s.exact_in_flight) {
    add(&x.spike, sizeof x.spike);
    add(&x.time_ms, sizeof x.time_ms);
  }
  const std::uint64_t sum = XXH64_digest(hash);
  XXH64_freeState(hash);
  return fmt::format("{:016x}", sum);
}
}  // namespace

void check_state_target(const std::filesystem::path& file, bool overwrite) {
  std::error_code error;
  if (std::filesystem::exists(file, error) && !overwrite) throw InputError(fmt::format("--save {}: the file exists\n  try: another name, or --overwrite", file.string()));
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::is_directory(folder, error)) throw InputError(fmt::format("--save {}: the folder {} does not exist; make it first", file.string(), folder.string()));
}

void write_state(const std::filesystem::path& file, const engine::Snapshot& s, bool overwrite) {
  check_state_target(file, overwrite);
  Hdf5Image image;
  image.attribute("/", "format", format_name);
  const std::uint64_t head[] = {s.step, s.fingerprint, s.double_precision ? 1u : 0u};
  std::vector<std::uint32_t> parts;  // a fingerprint does not fit a double, which is how columns are read back
  for (std::uint64_t h : head) { parts.push_back(static_cast<std::uint32_t>(h)); parts.push_back(static_cast<std::uint32_t>(h >> 32)); }
  image.dataset("/head", std::span<const std::uint32_t>(parts));
  std::string names;
  for (std::size_t k = 0; k < s.arrays.size(); ++k) {
    image.dataset(fmt::format("/arrays/{}", k), std::span<const double>(s.arrays[k].values));
    names += s.arrays[k].name + "\n";
  }
  image.attribute("/", "arrays", names);
  image.attribute("/", "checksum", checksum(s));
  std::vector<std::uint32_t> steps, neurons;
  for (const Spike& x : s.in_flight) { steps.push_back(x.step); neurons.push_back(x.neuron); }
  if (!steps.empty()) {
    image.dataset("/in_flight/step", std::span<const std::uint32_t>(steps));
    image.dataset("/in_flight/neuron", std::span<const std::uint32_t>(neurons));
  }
  if (!s.exact_in_flight.empty()) {
    std::vector<double> times;
    steps.clear();
    neurons.clear();
    for (const ExactSpike& x : s.exact_in_flight) { steps.push_back(x.spike.step); neurons.push_back(x.spike.neuron); times.push_back(x.time_ms); }
    image.dataset("/exact_in_flight/step", std::span<const std::uint32_t>(steps));
    image.dataset("/exact_in_flight/neuron", std::span<const std::uint32_t>(neurons));
    image.dataset("/exact_in_flight/time_ms", std::span<const double>(times));
  }
  OutputFile out(file);
  image.write(out);
  out.commit();
}

engine::Snapshot read_state(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) throw InputError(fmt::format("--resume {}: no such file", file.string()));
  if (!is_hdf5(file) || hdf5_attribute(file, "/", "format") != format_name)
    throw InputError(fmt::format("--resume {}: not a saved state of this version of Ranvier ({}); save it again with --save", file.string(), format_name));
  engine::Snapshot s;
  const auto head = numbers(file, "/head");
  if (head.size() != 6) throw InputError(fmt::format("--resume {}: damaged; save it again", file.string()));
  s.step = static_cast<std::uint32_t>(head[0]);
  s.fingerprint = static_cast<std::uint64_t>(head[2]) | static_cast<std::uint64_t>(head[3]) << 32;
  s.double_precision = head[4] != 0;
  const std::string names = hdf5_attribute(file, "/", "arrays");
  for (std::size_t at = 0, k = 0; at < names.size(); ++k) {
    const std::size_t end = names.find('\n', at);
    s.arrays.push_back({names.substr(at, end - at), numbers(file, fmt::format("/arrays/{}", k))});
    at = end == std::string::npos ? names.size() : end + 1;
  }
  if (!hdf5_names(file, "/in_flight").empty()) {
    const auto steps = numbers(file, "/in_flight/step"), neurons = numbers(file, "/in_flight/neuron");
    for (std::size_t i = 0; i < std::min(steps.size(), neurons.size()); ++i) s.in_flight.push_back({static_cast<std::uint32_t>(steps[i]), static_cast<std::uint32_t>(neurons[i])});
  }
  if (!hdf5_names(file, "/exact_in_flight").empty()) {
    const auto steps = numbers(file, "/exact_in_flight/step"), neurons = numbers(file, "/exact_in_flight/neuron"), times = numbers(file, "/exact_in_flight/time_ms");
    for (std::size_t i = 0; i < std::min({steps.size(), neurons.size(), times.size()}); ++i)
      s.exact_in_flight.push_back({{static_cast<std::uint32_t>(steps[i]), static_cast<std::uint32_t>(neurons[i])}, times[i]});
  }
  if (hdf5_attribute(file, "/", "checksum") != checksum(s)) throw InputError(fmt::format("--resume {}: damaged: its numbers are not those that were saved; save it again", file.string()));
  return s;
}

}  // namespace ranvier::io
