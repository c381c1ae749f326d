// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Errors that Ranvier throws. The library never prints and never exits; the command line does both.

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace ranvier {

/// A mistake of the user's: a bad file, a wrong unit, a missing population, too little memory.
/// Each problem is one message that says what is wrong, where, and how to mend it; all problems of
/// one input are reported together. The command line exits with 2.
class InputError : public std::runtime_error {
 public:
  explicit InputError(std::vector<std::string> problems)
      : std::runtime_error(join(problems)), problems_(std::move(problems)) {}
  explicit InputError(std::string problem) : InputError(std::vector<std::string>{std::move(problem)}) {}

  const std::vector<std::string>& problems() const { return problems_; }

 private:
  static std::string join(const std::vector<std::string>& problems) {
    std::string all;
    for (const auto& p : problems) all += (all.empty() ? "" : "\n") + p;
    return all;
  }
  std::vector<std::string> problems_;
};

/// A run that could not be finished: blow-up, a full disk, a machine that failed. Exits with 1.
class RunError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace ranvier
