# SPDX-License-Identifier: Apache-2.0
"""COBAHH (Brette et al. 2007): Hodgkin-Huxley neurons, against Brian2's C++ standalone mode with OpenMP."""
import vogels_abbott

QUESTION = "How much faster than Brian2 (C++, its better of 1 and 2 threads) is COBAHH with 4,000 and 40,000 neurons?"


def measure(bench):
    # Self-sustained. Both use exponential Euler at 0.1 ms; Ranvier takes conductances at the middle of the step, Brian2 at
    # its start, which moves the rate by about a percent.
    vogels_abbott.measure(bench, "cobahh", warmup_ms=500, relative=0.06)
