#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""examples/celegans.toml gives Brian2's spikes: every one until the first rounding tie, responders and rates after it.

    RANVIER=build/release/ranvier tests/parity/test_celegans.py       needs numpy and h5py
"""
import sys

import lif_shiu_parity

if __name__ == "__main__":
    problems = lif_shiu_parity.compare("celegans", population="worm")
    for problem in problems:
        print(f"celegans: {problem}")
    sys.exit(1 if problems else 0)
