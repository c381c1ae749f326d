// SPDX-License-Identifier: Apache-2.0
/// Dendrites: many inputs a cell, summed by branch and passed through a nonlinearity before they reach the soma.
///
///   x_db = sum of the weights that arrive at branch b of dendrite d in this step
///   u_d = sum_b x_db + c_d     (maxpool: max_b x_db + c_d)          I_syn += a_d sum_d f(u_d)
///
///   f   relu      max(u, 0)                        supra   max(u, 0)^exponent
///       sub       max(u, 0) / (1 + max(u, 0)/x_0)  bistable 1 / (1 + e^{-gain (u - x_0)})
///       maxpool   max(u, 0), of the strongest branch
///
/// Its input has sites: rows address (cell, dendrite, branch), and the targets of a projection's rule are these
/// (network-file.md, "Dendrites"). What an input did k steps ago still counts where it has a synapse of delay k more: a
/// kernel of lags is a list of delays, and the calendar of arrivals is the ring.
///
///   name          default  range     meaning
///   dendrites     1        1 .. 4096
///   branches      1        1 .. 4096 of each dendrite
///   nonlinearity  relu               relu, supra, sub, bistable, maxpool
///   c_d           0                  offset of a dendrite
///   a_d           1                  weight of a dendrite at the soma
///   exponent      2        2 .. 4    of supra
///   x_0           1        > 0       where sub has bent to a half, where bistable switches
///   gain          8        > 0       of bistable
///
/// State    none
/// Numerics what arrives in a step counts in that very step, and only in it. Into a linear membrane the sum enters as a
///          current held for the step, else as the synaptic current
/// Work     4 FLOP and 8 bytes a site, and f of each dendrite (bistable: 18)
/// Source   Poirazi & Mel 2003, doi:10.1016/S0896-6273(03)00149-1 (branches as units); Chichilnisky 2001,
///          doi:10.1080/net.12.2.199.213 (the cascade)
/// Tested   tests/physics_lnp.cpp: every nonlinearity, impulse responses, the sizes of granule and Purkinje cells
#ifndef RANVIER_RECEPTOR_DENDRITE
#define RANVIER_RECEPTOR_DENDRITE
#include "core/math.hpp"
#include "engine/kernel.hpp"

namespace ranvier::engine::dendrite {
enum : int { dendrites, branches, nonlinearity, c_d, a_d, exponent, x_0, gain };
enum Nonlinearity : int { relu, supra, sub, bistable, maxpool };
inline constexpr std::string_view nonlinearities[] = {"relu", "supra", "sub", "bistable", "maxpool"};
inline constexpr Parameter parameters[] = {
    {"dendrites", 1.0, "1", {.low = 1, .high = 4096}, "dendrites of a cell"},
    {"branches", 1.0, "1", {.low = 1, .high = 4096}, "branches of a dendrite"},
    {"nonlinearity", 0.0, "1", {.low = 0, .high = 4}, "relu, supra, sub, bistable or maxpool", nonlinearities},
    {"c_d", 0.0, "1", any, "offset of a dendrite's sum"},
    {"a_d", 1.0, "1", any, "weight of a dendrite at the soma"},
    {"exponent", 2.0, "1", {.low = 2, .high = 4}, "of supra; 2, 3 or 4"},
    {"x_0", 1.0, "1", positive, "where sub has bent to a half, where bistable switches"},
    {"gain", 8.0, "1", positive, "steepness of bistable"},
};
inline constexpr std::string_view site_parameters[] = {"dendrites", "branches"};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::receptor, .name = "dendrite", .title = "dendrites with branches and a nonlinearity",
    .equations = "u_d = sum over branches of what arrives in the step + c_d (maxpool: of the strongest branch)\n"
                 "I_syn += a_d sum_d f(u_d), f = relu, supra, sub, bistable or maxpool",
    .parameters = parameters, .state = {}, .numerics = "arrivals count in their own step", .source = "Poirazi & Mel 2003, doi:10.1016/S0896-6273(03)00149-1",
    .flop = 4, .byte_read = 0, .byte_written = 0, .weight_unit = "1", .site_parameters = site_parameters};

enum Constant : int { offset, weight, half, per_half, steep, power, constant_count };

inline void derive(const double* p, Coupling coupling, const MembraneConstants& membrane, double dt, double* c) {
  c[offset] = p[c_d];
  c[weight] = p[a_d] * (coupling == Coupling::exact ? -membrane.tau_m / membrane.C_m * math::expm1(-dt / membrane.tau_m) : 1);
  c[half] = p[x_0];
  c[per_half] = 1 / p[x_0];
  c[steep] = p[gain];
  c[power] = p[exponent];
}
inline void structure(const double* p, int* out) {
  out[0] = static_cast<int>(p[dendrites]);
  out[1] = static_cast<int>(p[branches]);
  out[2] = static_cast<int>(p[nonlinearity]);
}
inline const char* validate(const double* p) {
  for (const int k : {dendrites, branches, nonlinearity, exponent})
    if (p[k] != static_cast<int>(p[k])) return "dendrites, branches and exponent must be whole numbers";
  return nullptr;
}
inline constexpr ReceptorModel model{.info = &info, .n_constants = constant_count, .conductance_allowed = false, .derive = derive,
                                     .additive = false, .structure = structure, .validate = validate};
}  // namespace ranvier::engine::dendrite
#endif

#if defined(RANVIER_RECEPTOR_DENDRITE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_RECEPTOR_DENDRITE_INL
#undef RANVIER_RECEPTOR_DENDRITE_INL
#else
#define RANVIER_RECEPTOR_DENDRITE_INL
#endif
#include "engine/drive-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct DendriteReceptor {
  static constexpr int n_state = 0, n_constants = dendrite::constant_count;
  static constexpr bool sleeps = false, has_sites = true;

  template <class D, class V>
  static HWY_INLINE V f(D d, const V* c, int kind, V u) {
    using namespace dendrite;
    const V one = hn::Set(d, 1), x = hn::Max(u, hn::Zero(d));
    switch (kind) {  // the same for all cells of a block
      case supra: {
        const V x2 = hn::Mul(x, x), x3 = hn::Mul(x2, x);
        const V high = hn::IfThenElse(hn::Gt(c[power], hn::Set(d, hn::TFromD<D>(3.5))), hn::Mul(x2, x2), x3);
        return hn::IfThenElse(hn::Lt(c[power], hn::Set(d, hn::TFromD<D>(2.5))), x2, high);
      }
      case sub: return hn::Div(x, hn::Add(one, hn::Mul(x, c[per_half])));
      case bistable: return hn::Div(one, hn::Add(one, exp(d, hn::Mul(c[steep], hn::Sub(c[half], u)))));
      default: return x;
    }
  }

  /// input(site): what arrived at a site, 0, 1, ... = dendrite x branches + branch.
  template <Coupling coupling, class D, class V, class Input>
  static HWY_INLINE void apply_sites(D d, const V* c, const int* structure, Input input, Drive<D>& drive) {
    using namespace dendrite;
    const bool strongest = structure[2] == maxpool;
    V sum = hn::Zero(d);
    std::size_t site = 0;
    for (int k = 0; k < structure[0]; ++k) {
      V u = input(site++);
      for (int b = 1; b < structure[1]; ++b) {
        const V more = input(site++);
        u = strongest ? hn::Max(u, more) : hn::Add(u, more);
      }
      sum = hn::Add(sum, f(d, c, structure[2], hn::Add(u, c[offset])));
    }
    if constexpr (coupling == Coupling::exact) drive.dV = fma(d, c[weight], sum, drive.dV);
    else drive.I = fma(d, c[weight], sum, drive.I);
  }
};
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
