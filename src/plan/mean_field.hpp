// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Stationary rates of a network of leaky integrate-and-fire populations, from theory: nothing is simulated.
///
/// Each cell sees so many small, independent arrivals that only their mean and variance count (the diffusion approximation). With
/// population rates nu the potential of a cell of population i, threshold apart, has
///
///   mean_i  = drive_i + tau_m sum_j K_ij nu_j <J_ij>              std_i^2 = tau_m sum_j K_ij nu_j <J_ij^2>
///
/// and nu_i = Siegert(mean_i, std_i) (siegert.hpp) closes the circle. Cells of one population differ where in-degrees, weights or
/// the rates of their sources do; then mean_i is spread over the cells, as a Gaussian of variance
///
///   spread_i^2 = tau_m^2 sum_j  K_ij (<J^2> <nu_j^2> - <J>^2 nu_j^2)  +  var(K_ij) <J>^2 nu_j^2
///
/// and rates, and their squares, are averages over it.
/// Source  Amit & Brunel 1997, doi:10.1093/cercor/7.3.237; Brunel 2000, doi:10.1023/A:1008925309027; for the spread van Vreeswijk &
///         Sompolinsky 1998, doi:10.1162/089976698300017214; Roxin et al. 2011, doi:10.1523/JNEUROSCI.1677-11.2011

#include <string>
#include <vector>

#include "plan/siegert.hpp"

namespace ranvier::plan {

struct MeanFieldPopulation {
  std::string name;
  NoiseDrivenCell cell;            ///< tau_syn_ms is not used: it follows from the links
  double drive_mV = 0;             ///< mean potential that constant currents make, relative to rest
  double white_variance_mV2 = 0;   ///< of noise currents: added to std^2
  bool is_source = false;          ///< fires at rate_hz, whatever arrives
  double rate_hz = 0;              ///< of a source
};

/// Input of each cell of `target` from `source`. A jump is what one spike moves the potential by in all: weight x duration / C_m for currents.
struct MeanFieldLink {
  int source = 0, target = 0;
  double indegree = 0, indegree_variance = 0;
  double jump_mV = 0, jump_square_mV2 = 0;  ///< mean and mean square
  double tau_syn_ms = 0;                    ///< of the filter that an arrival passes; 0: jumps
};

struct MeanFieldNetwork {
  std::vector<MeanFieldPopulation> populations;
  std::vector<MeanFieldLink> links;
};

struct MeanFieldRates {
  bool settled = false;                    ///< false: no stationary state was found; rates are where the iteration was
  int iterations = 0;
  std::vector<double> rate_hz;             ///< [populations] mean over cells
  std::vector<double> mean_mV, std_mV;     ///< [populations] of the potential's drive, as in siegert_rate_hz
  std::vector<double> spread_mV;           ///< [populations] standard deviation of the mean over cells
  double filter_ratio = 0;                 ///< largest sqrt(tau_syn / tau_m), weighted by variance: above 0.3 the theory is rough
};

/// Iterates rates from `start_hz` in steps that shrink when they overshoot; always the same way. Where there are several stationary
/// states it finds the one that the start leads to.
MeanFieldRates solve_mean_field(const MeanFieldNetwork& network, double start_hz = 1);

}  // namespace ranvier::plan
