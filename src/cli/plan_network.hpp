// SPDX-License-Identifier: Apache-2.0
#pragma once
/// `ranvier plan brain NETWORK.toml`: what `ranvier simulate` will take on this machine.

#include <optional>
#include <string>
#include <vector>

namespace ranvier::cli {

struct NetworkPlanOptions {
  std::string network;             ///< network file
  std::vector<std::string> set;    ///< NAME=VALUE, as of simulate
  std::string duration, warmup;    ///< with unit; empty: the file's
  std::string rate;                ///< mean rate with unit ("3 /s"), or "mean-field"; empty: a probe of at most 100 ms finds it
  int threads = -1;                ///< -1: as the file says, 0: the faster number
  bool json = false, explain = false;
};

/// Whether the argument of `plan brain` means a network file.
bool is_network_file(const std::string& word);

/// Of the words that follow `ranvier plan`: true, and done, where they are "brain" and a network file, with options of
/// `ranvier plan network` among them. `on` is the machine asked for; only this one ("this", or nothing) can be probed.
bool take_network_file(const std::vector<std::string>& words, const std::string& on, bool json, bool explain);

/// Predicts and prints. Errors: InputError, as of `simulate`.
void plan_network(const NetworkPlanOptions& options);

}  // namespace ranvier::cli
