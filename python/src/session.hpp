// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A network that runs in pieces and is looked at and changed in between: what the Python class Simulation stands on. Knows nothing of Python.
/// One thread at a time: a second one is refused (RunError) rather than kept waiting, so that it may go on with something else.

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/network.hpp"
#include "engine/run.hpp"
#include "engine/state.hpp"
#include "ranvier/network.hpp"
#include "ranvier/record.hpp"

namespace ranvier::python {

class Session {
 public:
  /// Builds the network; `resume` is a saved state to go on from, or empty.
  ///   threads  0: the faster number
  /// Errors  InputError: all problems of the network; memory that does not suffice; a state of another network
  Session(const NetworkSpec& spec, int threads, const std::string& simd, const std::filesystem::path& resume);
  /// Builds a network and goes on from the present state of another session: that of the same network before some of it was changed.
  ///   before  its cells, spikes in flight and synapses are taken over by name of the population and place of the projection; whatever
  ///           only the new network has begins as at time 0. Populations must be the same up to those that were added at the end
  ///   renew   projections whose weights are not taken over
  Session(const NetworkSpec& spec, int threads, const std::string& simd, const Session& before, const std::vector<int>& renew);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Runs for so many steps and returns what was recorded in them. Ends early, with `partial` set, where `stop` is seen.
  ///   counted   false: a warm-up, which statistics and the spike hash leave out
  ///   progress  called now and then with the step, by a thread of the engine's
  std::shared_ptr<RunResult> run(std::uint32_t steps, bool counted, const std::function<void(std::uint32_t)>& progress, const std::atomic<bool>& stop);

  /// Values of a state variable of all cells of a population, in order.
  std::vector<double> read(int population, const std::string& variable) const;
  void write(int population, const std::string& variable, const std::vector<double>& values);
  /// Names and units of the state variables of a population.
  std::vector<std::pair<std::string, std::string>> variables(int population) const;

  /// Parameters of a population as its cells have them, those of receptors as "ex.tau_syn": a name and one value, or one for each cell.
  std::vector<std::pair<std::string, std::vector<double>>> parameters(int population) const;
  /// [steps][size] the currents that inputs bring into the cells of a population in steps first + 1, first + 2, ...; noise as it is drawn [pA].
  std::vector<double> currents(int population, std::uint32_t first, std::uint32_t steps) const;
  /// [steps][size of the population] the sum of the weights that a Poisson input brings in steps first + 1, first + 2, ...
  std::vector<double> arrivals(int input, std::uint32_t first, std::uint32_t steps) const;

  /// All synapses between two populations as they are now, by source, target, receptor, delay and weight.
  Connections connections(int source, int target) const;

  /// Weights of a projection whose synapses change, by source, delay, target and place among the edges; empty where they do not.
  std::vector<double> weights(int projection) const;

  void change_inputs(std::vector<InputSpec> inputs);
  void change_trains(int population, SpikeTrains trains);
  void change_rates(int population, std::vector<double> rates_hz);

  void save(const std::filesystem::path& file, bool overwrite) const;

  /// The network with the times that were run in place of those it was described with.
  NetworkSpec described() const;
  /// All pieces so far as one run; with `summary` as `ranvier simulate` writes it.
  RunResult result() const;
  /// JSON: the summary of all pieces so far. Computes the statistics.
  std::string summary() const;
  /// Writes the results of all pieces so far into a folder, as `ranvier simulate` does. Returns the folder.
  std::filesystem::path write_results(const std::filesystem::path& folder, const std::string& format, bool overwrite) const;

  const std::vector<std::shared_ptr<RunResult>>& pieces() const { return pieces_; }
  std::uint32_t step() const { return state_.step; }
  int threads() const { return threads_; }
  const engine::Network& network() const { return *network_; }

 private:
  const engine::VariableRef variable_of(int population, const std::string& name) const;

  /// Held by whoever uses the session.
  class Use {
   public:
    explicit Use(const Session& session);
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() { session_.used_ = false; }

   private:
    const Session& session_;
  };
  mutable std::atomic<bool> used_{false};

  int threads_;
  std::string simd_;
  std::uint64_t fingerprint_ = 0;  ///< of the network as it was built: what is changed on the way is not the description's
  double build_s_ = 0;
  std::uint64_t predicted_byte_ = 0;
  std::shared_ptr<engine::Network> network_;
  engine::State state_;
  std::vector<std::shared_ptr<RunResult>> pieces_;
  std::uint32_t warmup_step_ = 0;
};

}  // namespace ranvier::python
