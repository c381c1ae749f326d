// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Machine: what a computer can do, as its vendor says or as `ranvier measure` found. Never a number fitted to other
/// measurements. Several sources of one figure are all kept; how far they lie apart is part of its uncertainty.

#include <array>
#include <string>
#include <vector>

#include "core/dimensioned.hpp"
#include "core/work.hpp"

namespace ranvier {

/// One source's word on one figure, in the figure's unit.
struct Reading {
  double value = 0;
  std::string source;
  std::string date;         ///< "2024", "2024-05-14"; empty: not known
  double spread = 0;        ///< relative, one standard deviation, as far as this source is to be trusted
  bool inferred = false;    ///< by a rule that the source states
};

/// A figure: the value that is used, how sure it is, and who says so.
template <class Unit>
struct Figure {
  Unit value{};
  double spread = 0;         ///< relative, one standard deviation: trust in the sources and distance between them
  bool known = false;        ///< false: value means nothing
  bool inferred = false;     ///< no source has it: plan/infer.cpp derived it from other figures by a stated rule
  std::vector<Reading> readings;

  explicit operator bool() const { return known; }
};

enum class MachineKind : unsigned char { gpu, cpu, soc, tpu, asic, wafer, neuromorphic, cluster, brain };
inline constexpr std::array<const char*, 9> machine_kind_names{"gpu", "cpu", "soc", "tpu", "asic", "wafer", "neuromorphic", "cluster", "brain"};

/// How devices in one box reach each other. It decides which collective operations pay, and what two of them cost at once.
enum class LinkKind : unsigned char {
  none,     ///< not connected, or not known
  bus,      ///< PCIe: through the host, shared
  bridge,   ///< pairs are joined directly, the rest by PCIe
  mesh,     ///< each device has direct links to some or all others; the rate is their sum
  fabric,   ///< a switch: any device reaches any other at the full rate
};
inline constexpr std::array<const char*, 5> link_kind_names{"none", "bus", "bridge", "mesh", "fabric"};

struct Machine {
  std::string id;                     ///< "nvidia-a100-sxm-80gb"
  std::string name;                   ///< "A100 SXM4 80GB"
  std::string vendor;
  MachineKind kind = MachineKind::gpu;
  LinkKind link_kind = LinkKind::none;
  std::string launch_date;            ///< ISO, may stop at the year
  std::vector<std::string> aliases;
  std::string notes;                  ///< for people, never a predictor
  std::string file;                   ///< where it was read

  /// Dense matrix rates by number format: matrix units where the format has them. The whole machine, all its devices.
  std::array<Figure<FlopPerSecond>, n_precisions> rate;
  /// fp32 and fp64 of the ordinary (vector) units are `rate[fp32]`, `rate[fp64]`; tf32 has its own.
  Figure<BytePerSecond> bandwidth;    ///< main memory (on-chip memory where there is no other)
  Figure<Bytes> memory;               ///< capacity in bytes as the part holds
  Figure<Bytes> cache;                ///< last-level cache, or L2
  Figure<Bytes> on_chip;              ///< software-managed memory on the chip
  Figure<BytePerSecond> link;         ///< in the box, per device, one direction
  Figure<BytePerSecond> internode;    ///< between boxes, per device, one direction
  Figure<Watt> power;                 ///< design power, the whole machine
  Figure<Usd> price;                  ///< at launch
  Figure<UsdPerSecond> rent;          ///< centre of the quoted rents
  Figure<Count> devices;              ///< chips or nodes summed in this machine
  Figure<Count> cores;                ///< CPU cores, or GPU cores as the vendor counts them
  Figure<Hertz> clock;
  Figure<Count> neurons;              ///< of a brain, or the most that a neuromorphic machine holds
  Figure<Count> synapses;
  /// Units that each work on one tile of a product at a time (SM, CU, core). Inferred from the fp32 rate where no source says.
  Figure<Count> units;

  const Figure<FlopPerSecond>& rate_of(Precision p) const { return rate[index_of(p)]; }
};

}  // namespace ranvier
