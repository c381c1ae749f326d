// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How a neuron's synaptic elements grow by its calcium trace (Butz & van Ooyen 2013, doi:10.1371/journal.pcbi.1003259).
///
///   linear    dz/dt = nu (1 - C/eps)
///   gaussian  dz/dt = nu (2 e^{-((C - xi)/zeta)^2} - 1),  xi = (eta + eps)/2,  zeta = (eps - eta)/(2 sqrt(ln 2))
///   sigmoid   dz/dt = nu (2/(1 + e^{(C - eps)/psi}) - 1)
///
/// All three are 0 at C = eps, the calcium that a neuron settles at; the Gaussian is 0 at eta too, and negative below.

namespace ranvier::engine {

class GrowthCurve {
 public:
  enum Shape : int { gaussian, linear, sigmoid };
  struct Settings {
    Shape shape = gaussian;
    double nu_per_ms = 0, eta = 0, eps = 0.05, psi = 0.1, tau_ms = 1e4;
  };
  explicit GrowthCurve(const Settings& settings) : s_(settings) {}

  /// dz/dt at a calcium [elements/ms]. Exactly 0 at eps, for the Gaussian at eta too.
  double rate(double C) const;

  /// What is gained in h_ms while calcium decays from C0 to C1 = C0 e^{-h/tau}.
  ///
  /// Numerics  linear: closed form, nu h + nu tau (C1 - C0)/eps. The others: four-point Gauss-Legendre on panels in which C changes
  ///           by at most a quarter of the curve's width and time by tau/2; error below 1e-9 of nu h
  double gain(double C0, double C1, double h_ms) const;

 private:
  double width() const { return s_.shape == sigmoid ? s_.psi : s_.eps - s_.eta; }
  Settings s_;
};

}  // namespace ranvier::engine
