// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Work + Machine -> time: the one algebra under all workloads.
///
///   lower     max(arithmetic, memory, network, host) at the vendor's rates
///   expected  for each operation a blend of arithmetic and data movement at the rates reached, then fixed costs and network
///   upper     the sum of all, at the rates reached, fixed costs added
///
/// The blend is (a^p + m^p)^(1/p): p = 1 adds, large p overlaps. Kernels overlap almost, since one tile's loads run under
/// another's arithmetic, but not where both take equally long: the fill and drain of each wave shows.
/// Source: the roofline of Williams, Waterman & Patterson 2009, doi:10.1145/1498765.1498785, with a soft corner.

#include "core/machine.hpp"
#include "core/work.hpp"
#include "plan/estimate.hpp"
#include "plan/trace.hpp"

namespace ranvier::plan {

/// Shares of the vendor's rates that a kind of kernel reaches, and its fixed costs. From Constants and from the shape of the
/// operation (tiles, waves), by the workload.
struct Efficiency {
  double arithmetic = 1;      ///< of the peak rate
  double memory = 1;          ///< of the memory's bandwidth
  double network = 1;         ///< of the links'
  double overlap_power = 8;   ///< p of the blend
  double network_overlap = 0; ///< share of the network's time that hides under the rest
  Seconds launch{};           ///< per launch
  Seconds message{};          ///< per message
};

/// Times of one operation, or of several one after the other.
struct OperationTime {
  Seconds arithmetic{}, memory{}, host{}, network{}, fixed{};   ///< each part alone, at the rate reached
  Seconds arithmetic_peak{}, data_peak{}, network_peak{};       ///< the same at the vendor's rates
  Seconds expected{}, upper{};

  OperationTime& operator+=(const OperationTime& o);
  Seconds lower() const { return max(max(arithmetic_peak, data_peak), network_peak); }
};

/// The blend (a^p + m^p)^(1/p).
Seconds blend(Seconds a, Seconds m, double p);

/// Times one operation on one device (a machine of several chips counts as one). The machine is complete (plan/infer.hpp).
/// A trace keeps the operation, too.
OperationTime time_of(const Work& work, const Machine& machine, const Efficiency& efficiency, Trace* trace = nullptr);

/// Tells the trace that the operation timed last takes this instead: for workloads that add to what the algebra says.
void correct_last(Trace* trace, const OperationTime& time);

/// Work and time of a sequence of operations, and the estimate of all of it.
struct Total {
  Work work;
  OperationTime time;
  void add(const Work& w, const OperationTime& t) {
    work += w;
    time += t;
  }
};

/// The estimate of everything added, on `devices` alike machines that draw `power_share` of their design power.
/// `spread` is one standard deviation of ln(measured / expected).
Estimate estimate_of(const Total& total, const Machine& machine, Count devices, double power_share, double spread, Trace* trace = nullptr);

}  // namespace ranvier::plan
