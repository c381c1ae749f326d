// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Work + Machine -> time: the one algebra under all workloads.
///
///   lower     max(arithmetic, memory, cache, host, network) at the vendor's rates
///   expected  for each operation a blend of arithmetic and data movement at the rates reached, plus fixed costs, plus network
///   upper     the sum of all, at the rates reached, fixed costs added
///
/// The blend is (a^p + m^p)^(1/p): p = 1 adds, p = infinity overlaps fully. Kernels overlap almost, since one tile's loads run
/// under another's arithmetic, but not where both take equally long: the fill and drain of each wave shows.
/// Source: the roofline of Williams, Waterman & Patterson 2009, doi:10.1145/1498765.1498785; smooth maximum after
/// the sum-or-max bounds of Hockney's n_1/2.

#include <span>

#include "core/machine.hpp"
#include "core/work.hpp"
#include "plan/estimate.hpp"
#include "plan/trace.hpp"

namespace ranvier::plan {

/// Shares of the vendor's rates that a kind of kernel reaches, and its fixed costs. From Constants and from the shape of the
/// operation (tiles, waves), by the workload.
struct Efficiency {
  double arithmetic = 1;     ///< of the peak rate
  double memory = 1;         ///< of the memory's bandwidth
  double cache = 1;          ///< of the cache's
  double network = 1;        ///< of the links'
  double overlap_power = 8;  ///< p of the blend
  double network_overlap = 0;///< share of the network's time that hides under the rest
  Seconds launch{};          ///< per launch
  Seconds message{};         ///< per message
};

/// Times of one operation, each part at the rate reached.
struct OperationTime {
  Seconds arithmetic{}, memory{}, cache{}, host{}, network{}, fixed{};
  Seconds lower{}, expected{}, upper{};
  Flop flop{};
  Flop flop_possible{};      ///< peak rate of its formats x expected time: the denominator of the utilisation
};

/// Times one operation on one device of the machine (machine figures of several chips are taken together, as the row has it).
/// Formats the machine lacks must have been filled by plan/infer.hpp.
OperationTime time_of(const Work& work, const Machine& machine, const Efficiency& efficiency, Trace* trace = nullptr);

/// Adds an operation that runs after those already in the estimate; call finish() at the end.
class Sum {
 public:
  explicit Sum(const Machine& machine) : machine_(machine) {}
  void add(const Work& work, const OperationTime& time);
  /// The estimate of everything added, on `devices` alike devices that draw `power_share` of their design power.
  Estimate finish(Count devices, double power_share, double spread) const;

 private:
  const Machine& machine_;
  Work work_;
  OperationTime time_;
};

}  // namespace ranvier::plan
