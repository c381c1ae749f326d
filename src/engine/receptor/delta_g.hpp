// SPDX-License-Identifier: Apache-2.0
/// Delta receptor onto a membrane's own synaptic variable g (lif_shiu): an arriving spike moves g at once.
///
///   arrival of weight w [mV]: g += w            (discarded while the cell is refractory)
///
/// State    none
/// Work     1 FLOP; no bytes of state
/// Source   Shiu et al. 2024, doi:10.1038/s41586-024-07763-9
#ifndef RANVIER_RECEPTOR_DELTA_G
#define RANVIER_RECEPTOR_DELTA_G
#include "engine/kernel.hpp"

namespace ranvier::engine::delta_g {
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::receptor, .name = "delta_g", .title = "jump of the membrane's own synaptic variable",
    .equations = "arrival of weight w: g += w (discarded while refractory)", .parameters = {}, .state = {}, .numerics = "exact",
    .source = "Shiu et al. 2024, doi:10.1038/s41586-024-07763-9", .flop = 1, .byte_read = 0, .byte_written = 0, .weight_unit = "mV"};
inline void derive(const double*, Coupling, const MembraneConstants&, double, double*) {}
inline constexpr ReceptorModel model{.info = &info, .n_constants = 0, .conductance_allowed = false, .derive = derive, .sleeps = true, .jumps_g = true};
}  // namespace ranvier::engine::delta_g
#endif

#if defined(RANVIER_RECEPTOR_DELTA_G_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_RECEPTOR_DELTA_G_INL
#undef RANVIER_RECEPTOR_DELTA_G_INL
#else
#define RANVIER_RECEPTOR_DELTA_G_INL
#endif
#include "engine/drive-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct DeltaGReceptor {
  static constexpr int n_state = 0, n_constants = 0;
  template <Coupling, class D, class V>
  static HWY_INLINE void apply(D, const V*, V*, V input, Drive<D>& drive) {
    drive.jump_g = hn::Add(drive.jump_g, input);
  }

  static constexpr bool sleeps = true;
  template <class D, class V>
  static HWY_INLINE V elapse(D d, const V*, V*, V) { return hn::Zero(d); }
  template <class D, class V>
  static HWY_INLINE V rise(D d, const V*, const V*) { return hn::Zero(d); }
};
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
