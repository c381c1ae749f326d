# SPDX-License-Identifier: Apache-2.0
"""COBA (Vogels & Abbott 2005) against Brian2's C++ standalone mode with OpenMP."""
import vogels_abbott

QUESTION = "How much faster than Brian2 (C++, its better of 1 and 2 threads) is COBA with 4,000 and 40,000 neurons?"


def measure(bench):
    # 19 spikes/s, self-sustained; the two integrate conductances differently, which moves the rate by about a percent.
    vogels_abbott.measure(bench, "coba", warmup_ms=500, relative=0.06)
