# SPDX-License-Identifier: Apache-2.0
"""The three distributions by which a network's activity is compared, and how far two of them are apart."""
import numpy as np

DECIMALS = 4  # of CVs and correlations: few spikes give few distinct values, which must not differ by rounding alone


def rates(neurons, size, duration_ms):
    """Rate of every neuron, Hz [size]."""
    return np.bincount(neurons, minlength=size) / (duration_ms * 1e-3)


def cvs(times, neurons, size):
    """Coefficient of variation of the inter-spike intervals of every neuron with at least 3 spikes [any]."""
    order = np.lexsort((times, neurons))
    times, neurons = np.asarray(times, float)[order], np.asarray(neurons)[order]
    gaps, owner = np.diff(times), neurons[1:]
    same = neurons[1:] == neurons[:-1]
    gaps, owner = gaps[same], owner[same]
    n = np.bincount(owner, minlength=size)
    mean = np.bincount(owner, gaps, size) / np.maximum(n, 1)
    square = np.bincount(owner, (gaps - mean[owner]) ** 2, size) / np.maximum(n, 1)
    kept = n >= 2
    return np.round(np.sqrt(square[kept]) / mean[kept], DECIMALS)


def correlations(times, neurons, size, duration_ms, bin_ms=2.0, sample=250):
    """Pearson correlation of spike counts of all pairs among the first `sample` neurons, silent ones left out [any]."""
    bins = round(duration_ms / bin_ms)
    kept = np.asarray(neurons) < sample
    counts = np.zeros((min(size, sample), bins))
    column = np.minimum((np.asarray(times)[kept] / bin_ms).astype(int), bins - 1)
    np.add.at(counts, (np.asarray(neurons)[kept], column), 1)
    counts = counts[counts.sum(1) > 0]
    if len(counts) < 2:
        return np.zeros(0)
    return np.round(np.corrcoef(counts)[np.triu_indices(len(counts), 1)], DECIMALS)


def quantiles(values, n=401):
    """n quantiles from the smallest to the largest value: a distribution in compact form."""
    return np.quantile(values, np.linspace(0, 1, n)) if len(values) else np.zeros(0)


def ks_distance(a, b):
    """Largest difference of the distribution functions of two samples (quantiles count as a sample)."""
    a, b = np.sort(a), np.sort(b)
    at = np.concatenate([a, b])
    return np.abs(np.searchsorted(a, at, "right") / len(a) - np.searchsorted(b, at, "right") / len(b)).max()
