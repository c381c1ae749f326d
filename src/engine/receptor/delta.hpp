// SPDX-License-Identifier: Apache-2.0
/// Delta receptor: an arriving spike moves the membrane potential at once.
///
///   arrival of weight w [mV]: V_m += w          (discarded while the cell is refractory)
///
/// State    none
/// Work     1 FLOP; no bytes of state
/// Source   Brunel 2000, doi:10.1023/A:1008925309027
#ifndef RANVIER_RECEPTOR_DELTA
#define RANVIER_RECEPTOR_DELTA
#include "engine/kernel.hpp"

namespace ranvier::engine::delta {
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::receptor, .name = "delta", .title = "jump of the membrane potential",
    .equations = "arrival of weight w: V_m += w (discarded while refractory)", .parameters = {}, .state = {}, .numerics = "exact",
    .source = "Brunel 2000, doi:10.1023/A:1008925309027", .flop = 1, .byte_read = 0, .byte_written = 0, .weight_unit = "mV"};
inline void derive(const double*, Coupling, const MembraneConstants&, double, double*) {}
inline constexpr ReceptorModel model{.info = &info, .n_constants = 0, .conductance_allowed = false, .derive = derive, .sleeps = true};
}  // namespace ranvier::engine::delta
#endif

#if defined(RANVIER_RECEPTOR_DELTA_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_RECEPTOR_DELTA_INL
#undef RANVIER_RECEPTOR_DELTA_INL
#else
#define RANVIER_RECEPTOR_DELTA_INL
#endif
#include "engine/drive-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct DeltaReceptor {
  static constexpr int n_state = 0, n_constants = 0;
  template <Coupling, class D, class V>
  static HWY_INLINE void apply(D, const V*, V*, V input, Drive<D>& drive) {
    drive.jump = hn::Add(drive.jump, input);
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
