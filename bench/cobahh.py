# SPDX-License-Identifier: Apache-2.0
"""COBAHH (Brette et al. 2007): Hodgkin-Huxley neurons, against Brian2's C++ standalone mode with OpenMP."""
import vogels_abbott

QUESTION = "How much faster than Brian2 (C++, its better of 1 and 2 threads) is COBAHH with 4,000 and 40,000 neurons?"


def measure(bench):
    # 36 spikes/s, self-sustained, on another graph each. The small network's rate differs from graph to graph by a standard
    # deviation of 7 % (31.9 to 40.2 spikes/s with seeds 1 to 8), so three of the difference of two are 30 %; the large one's by
    # 0.6 %. Both use exponential Euler at 0.1 ms, but Ranvier takes conductances at the middle of a step, Brian2 at its start.
    vogels_abbott.measure(bench, "cobahh", warmup_ms=500, relative={4000: 0.3, 40000: 0.06})
