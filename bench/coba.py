# SPDX-License-Identifier: Apache-2.0
"""COBA (Vogels & Abbott 2005) against Brian2's C++ standalone mode with OpenMP."""
import vogels_abbott

QUESTION = "How much faster than Brian2 (C++, its better of 1 and 2 threads) is COBA with 4,000 and 40,000 neurons?"


def measure(bench):
    # 19 spikes/s, self-sustained, on another graph each. The small network's rate differs from graph to graph (17.1, 18.4, 18.7,
    # 19.2, 20.4 spikes/s with seeds 5, 1, 6, 2, 3): a standard deviation of 6 %, so three of the difference of two are 25 %.
    vogels_abbott.measure(bench, "coba", warmup_ms=500, relative={4000: 0.25, 40000: 0.08})
