# SPDX-License-Identifier: Apache-2.0
"""Two simulators' spikes of one network: equal until when, and alike after that."""
from typing import NamedTuple, Optional

import numpy as np

SURE = 1e-3          # of the tests of statistics: how often two runs of one law may be called different
CV_APART = 0.1       # mean coefficients of variation differ by less than this, or by four standard errors
RATE_APART = 0.05    # rates by less than this share, or by four standard deviations of a count
KS_ALWAYS = 0.05     # a distance of distributions that is never held against anybody
TIE_MV = 1e-6        # a spike that a potential so much higher or lower moves is a tie


class Difference(NamedTuple):
    """The first spike that only one side has."""

    step: int
    neuron: int      #: id
    ours: bool       #: whether it is ours
    equal: int       #: spikes before it, the same on both sides


class Statistics(NamedTuple):
    """One population on both sides: (ours, theirs)."""

    spikes: tuple
    rate: tuple       #: Hz
    cv: tuple         #: mean of neurons with three spikes or more; nan where there is none
    ks: float         #: largest distance of the distributions of intervals; nan
    bound: float      #: above which they differ
    problems: list    #: words


def ordered(steps, ids):
    order = np.lexsort((ids, steps))
    return np.stack([np.asarray(steps)[order], np.asarray(ids)[order]], axis=1).astype(np.int64)


def first_difference(ours, theirs) -> Optional[Difference]:
    """ours, theirs [spikes][2]: step and id, ordered."""
    n = min(len(ours), len(theirs))
    apart = np.flatnonzero(np.any(ours[:n] != theirs[:n], axis=1))
    if len(apart):
        k = int(apart[0])
        mine = bool(tuple(ours[k]) < tuple(theirs[k]))
        return Difference(*map(int, ours[k] if mine else theirs[k]), mine, k)
    if len(ours) == len(theirs):
        return None
    longer = ours if len(ours) > n else theirs
    return Difference(*map(int, longer[n]), len(ours) > n, n)


def intervals(spikes):
    """(intervals in steps, their neurons) of [spikes][2]."""
    order = np.lexsort((spikes[:, 0], spikes[:, 1]))
    s = spikes[order]
    same = s[1:, 1] == s[:-1, 1]
    return np.diff(s[:, 0])[same], s[1:, 1][same]


def mean_cv(spikes):
    """(mean, standard error) of the coefficients of variation of neurons with three spikes or more; nan where there is none."""
    gaps, owner = intervals(spikes)
    if len(gaps) == 0:
        return float("nan"), float("nan")
    _, at, count = np.unique(owner, return_inverse=True, return_counts=True)
    mean = np.bincount(at, gaps) / count
    spread = np.sqrt(np.maximum(np.bincount(at, gaps.astype(float)**2) / count - mean**2, 0))
    cvs = (spread / mean)[count >= 2]
    return (float(cvs.mean()), float(cvs.std() / np.sqrt(len(cvs)))) if len(cvs) else (float("nan"), float("nan"))


def ks_distance(a, b):
    a, b = np.sort(a), np.sort(b)
    at = np.concatenate([a, b])
    return float(np.abs(np.searchsorted(a, at, "right") / len(a) - np.searchsorted(b, at, "right") / len(b)).max())


def statistics(ours, theirs, size, seconds) -> Statistics:
    """What [spikes][2] of one population have in common."""
    counts = len(ours), len(theirs)
    (cv_ours, error_ours), (cv_theirs, error_theirs) = mean_cv(ours), mean_cv(theirs)
    cvs = cv_ours, cv_theirs
    a, b = intervals(ours)[0], intervals(theirs)[0]
    ks = bound = float("nan")
    problems = []
    if abs(counts[0] - counts[1]) > max(RATE_APART * max(counts), 4 * np.sqrt(sum(counts))):
        problems.append(f"{counts[0]:,} against {counts[1]:,} spikes")
    if abs(cvs[0] - cvs[1]) > max(CV_APART, 4 * np.hypot(error_ours, error_theirs)):
        problems.append(f"coefficients of variation of {cvs[0]:.2f} against {cvs[1]:.2f}")
    if len(a) >= 10 and len(b) >= 10:
        ks = ks_distance(a, b)
        bound = max(KS_ALWAYS, np.sqrt(-np.log(SURE / 2) / 2) * np.sqrt(1 / len(a) + 1 / len(b)))  # Smirnov's critical distance
        if ks > bound:
            problems.append(f"intervals of another distribution (distance {ks:.3f}, bound {bound:.3f})")
    return Statistics(counts, tuple(c / size / seconds for c in counts), cvs, ks, float(bound), problems)
