# SPDX-License-Identifier: Apache-2.0
"""The simulator's own generator of random numbers."""
import numpy as np
from pyNN import random


class NativeRNG(random.NumpyRNG):
    """As NumpyRNG, with a seed even where none is given: the same numbers in every run of a script."""

    _given = 0

    def __init__(self, seed=None):
        if seed is None:
            NativeRNG._given += 1
            seed = 7_919 * NativeRNG._given
        super().__init__(seed=seed, parallel_safe=True)

    def __deepcopy__(self, memo):
        copy = NativeRNG.__new__(NativeRNG)
        random.WrappedRNG.__init__(copy, seed=self.seed, parallel_safe=True)
        copy.rng = np.random.RandomState()
        copy.rng.set_state(self.rng.get_state())
        return copy
