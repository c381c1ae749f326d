// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Simulators of spiking networks as they behave: bytes of a synapse, accesses to places nobody can foresee, fixed costs of a step.
///
///   CPU   time = events x (bytes / bandwidth + random accesses x latency / accesses in flight) + updates x the same + intervals x fixed
///   GPU   time = events x bytes in sectors / bandwidth for gathers + updates x bytes / bandwidth + kernels x launch
///
/// Source   Kunkel et al. 2014, doi:10.3389/fninf.2014.00078 (NEST: bytes of a synapse object); Jordan et al. 2018,
///          doi:10.3389/fninf.2018.00002 (target and node are reached by pointers, one spike exchange per interval); Knight & Nowotny 2018,
///          doi:10.3389/fnins.2018.00941 (GeNN: a row per source, atomic additions); Golosio et al. 2021, doi:10.3389/fninf.2021.627620 (NEST GPU)

#include <string>
#include <string_view>
#include <vector>

#include "plan/algebra.hpp"
#include "plan/constants.hpp"
#include "plan/workload/brain_cost.hpp"

namespace ranvier::plan {

struct Simulator {
  enum class Kind { cpu, gpu, real_time };
  const char* name;
  Kind kind;
  Bytes synapse;             ///< resident, with its share of tables
  Bytes streamed;            ///< per event, in order
  double random;             ///< accesses per event to places that only the event names
  Bytes neuron;              ///< moved per neuron and step
  double neuron_random;      ///< of these, accesses by pointer
  Flop neuron_flop;
  double kernels;            ///< launches per step
};

/// By name ("nest_cpu", "nest_cpu 4g", "genn", "nest_gpu", "spinnaker", ...). An unknown one is taken as NEST's mechanism on
/// a CPU and as GeNN's on a GPU; `warnings` says so.
const Simulator& find_simulator(std::string_view name, MachineKind kind, std::vector<std::string>& warnings);

/// One second of biology on `count` machines: Work and time of one of them.
Total simulator_time(const Simulator& simulator, const BrainNumbers& numbers, Seconds min_delay, const Machine& machine, Count count, const Constants& constants, Trace* trace);

}  // namespace ranvier::plan
