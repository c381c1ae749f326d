# SPDX-License-Identifier: Apache-2.0
"""CUBA (Vogels & Abbott 2005) against Brian2's C++ standalone mode with OpenMP."""
import vogels_abbott

QUESTION = "How much faster than Brian2 (C++, its better of 1 and 2 threads) is CUBA with 4,000 and 40,000 neurons?"


def measure(bench):
    # 5.5 spikes/s; four seconds of 4,000 neurons vary by a few percent from graph to graph.
    vogels_abbott.measure(bench, "cuba", warmup_ms=500, relative={4000: 0.08, 40000: 0.08})
