// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Rate of a leaky integrate-and-fire cell that is driven by noise: Siegert's formula, safe for any argument.

namespace ranvier::plan {

/// e^(x^2) erfc(x), relative error below 1e-14. Does not overflow for x >= -26; it tends to 1 / (sqrt(pi) x) for large x.
double erfcx(double x);

/// A cell whose potential does a random walk between reset and threshold. Potentials are relative to the resting potential.
struct NoiseDrivenCell {
  double tau_m_ms = 10, t_ref_ms = 2;
  double V_th_mV = 15, V_reset_mV = 0;
  double tau_syn_ms = 0;   ///< time constant of the filter of the noise; 0: white
};

/// Stationary rate [Hz] of a cell with mean potential `mean_mV` and standard deviation `std_mV` / sqrt(2) (Brunel's sigma), threshold ignored.
///
///   1 / rate = t_ref + tau_m sqrt(pi) integral of e^(u^2) (1 + erf u) du from y_r to y_th
///   y        = (V - mean) / std + |zeta(1/2)| / sqrt(2) sqrt(tau_syn / tau_m)          for V = V_reset, V_th
///
/// std_mV = 0 gives the noiseless cell. Rates below 1e-300 Hz are 0.
/// Range   the filter's term is the first of a series in sqrt(tau_syn / tau_m): good to some percent up to 0.3
/// Source  Siegert 1951, doi:10.1103/PhysRev.81.617; Brunel 2000, doi:10.1023/A:1008925309027, eq. 21;
///         Fourcaud & Brunel 2002, doi:10.1162/089976602320264015, eq. 4.33
double siegert_rate_hz(const NoiseDrivenCell& cell, double mean_mV, double std_mV);

}  // namespace ranvier::plan
