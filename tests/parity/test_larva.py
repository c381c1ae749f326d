#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""examples/larva.toml gives Brian2's spikes: every one until the first rounding tie, responders and rates after it.

    RANVIER=build/release/ranvier tests/parity/test_larva.py       needs numpy and h5py
"""
import sys

import lif_shiu_parity

if __name__ == "__main__":
    problems = lif_shiu_parity.compare("larva", population="brain")
    for problem in problems:
        print(f"larva: {problem}")
    sys.exit(1 if problems else 0)
