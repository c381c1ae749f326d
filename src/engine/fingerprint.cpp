// SPDX-License-Identifier: Apache-2.0
#include "engine/fingerprint.hpp"

#include <xxhash.h>

#include <string>
#include <type_traits>

#include "engine/register.hpp"

namespace ranvier::engine {
namespace {

class Hash {
 public:
  Hash() : state_(XXH64_createState()) { XXH64_reset(state_, 0); }
  Hash(const Hash&) = delete;
  Hash& operator=(const Hash&) = delete;
  ~Hash() { XXH64_freeState(state_); }
  std::uint64_t value() const { return XXH64_digest(state_); }

  template <class T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void add(const T& x) { XXH64_update(state_, &x, sizeof x); }
  void add(const std::string& s) { add(s.size()); XXH64_update(state_, s.data(), s.size()); }
  template <class T> void add(const std::vector<T>& v) {
    add(v.size());
    for (const T& x : v) add(x);
  }
  template <class T> void add(const std::shared_ptr<const T>& p) { add(p != nullptr); if (p) add(*p); }
  template <class T> void add(const std::map<std::string, T>& m) {
    add(m.size());
    for (const auto& [name, value] : m) { add(name); add(value); }
  }
  void add(const Values& v) { all(v.kind, v.a, v.b, v.min, v.max, v.outside, v.column); }
  void add(const Schedule& s) { all(s.kind, s.times_ms, s.values, s.amplitude, s.frequency_hz, s.phase_rad); }
  void add(const Slice& s) { all(s.population, s.first, s.last, s.stride); }
  void add(const ReceptorSpec& r) { all(r.name, r.kind, r.conductance, r.params, r.initial); }
  void add(const PopulationSpec& p) {
    all(p.name, p.size, p.membrane, p.receptors, p.params, p.initial, p.rate_hz, p.trains.times_ms, p.trains.neurons, p.dimensions, p.positions_um, p.sleep);
  }
  void add(const Rule& r) {
    all(r.kind, r.number, r.probability, r.kernel, r.length_um, r.cutoff_um, r.period_um, r.allow_autapses, r.allow_multapses, r.edge_sources, r.edge_targets);
  }
  void add(const ProjectionSpec& p) {
    all(p.source, p.target, p.receptor, p.rule, p.weight, p.delay_ms, p.dendritic_delay_fraction);
    for (const SynapseSpec& s : p.synapse) {  // nothing where static: older states stay valid
      all(s.rule, s.params, s.choices);
      if (!s.volume.empty()) add(s.volume);
    }
    if (p.words_of >= 0) add(p.words_of);
  }
  void add(const PulseSpec& r) { all(r.kind, r.times_ms, r.amounts, r.amount, r.source, r.target, r.delay_low_ms, r.delay_high_ms, r.within_ms, r.interval_ms); }
  void add(const VolumeSpec& v) { all(v.name, v.tau_ms, v.baseline, v.pulses); }
  void add(const GapJunctionSpec& g) { all(g.source, g.target, g.rule, g.conductance_nS); }
  void add(const InputSpec& i) {
    all(i.kind, i.target, i.receptor, i.rate_hz, i.rate_schedule, i.weight, i.amplitude_pA, i.mean_pA, i.current_pA, i.frequency_hz, i.phase_rad, i.noise_dt_ms, i.start_ms, i.stop_ms);
    if (i.samples_pA) add(*i.samples_pA);  // nothing elsewhere: older states stay valid
  }
  template <class... T> void all(const T&... x) { (add(x), ...); }

 private:
  XXH64_state_t* state_;
};

}  // namespace

std::uint64_t fingerprint(const Network& network) {
  const NetworkSpec& s = network.spec;
  const SimulationSpec& sim = s.simulation;
  Hash h;
  h.all(std::string("ranvier state 1"), sim.dt_ms, sim.double_precision, sim.seed_network, sim.seed_initial, sim.seed_input, sim.seed_dynamics, s.populations, s.projections, s.inputs);
  if (!s.gap_junctions.empty()) h.add(s.gap_junctions);
  if (const GapMethodSpec& m = s.gap_method; m.kind != GapMethodSpec::Kind::explicit_euler) h.all(m.kind, m.interval_ms, m.tolerance_mV, m.max_iterations, m.interpolation);
  if (!s.volumes.empty()) h.add(s.volumes);
  if (!s.sum_units.exponents.empty()) h.all(s.sum_units.wide, s.sum_units.exponents);
  // A built-in model is known by its name, another by what it says.
  const auto add_model = [&](const ModelInfo& info) {
    h.all(std::string(info.equations), std::string(info.numerics));
    for (const Parameter& parameter : info.parameters) h.add(parameter.default_value);
    for (const StateVariable& v : info.state) h.add(std::string(v.initial));
  };
  for (const Population& p : network.populations)
    if (p.membrane && is_registered(p.membrane)) add_model(*p.membrane->model->info);
  for (const ProjectionSpec& p : s.projections)
    for (const SynapseSpec& rule : p.synapse)
      if (const SynapseModel* model = find_synapse(rule.rule); model && is_registered(model)) add_model(*model->info);
  return h.value();
}

}  // namespace ranvier::engine
