# SPDX-License-Identifier: Apache-2.0
"""The same network in another simulator: `ranvier verify NETWORK --against nest,brian2`, or from Python

    report = ranvier.verify.verify(network, "nest")
    print(report)
    assert report.agree

Everything drawn at random (synapses, parameters, initial states, noise, Poisson spikes) is drawn by us and handed to the peer, so that spikes can be compared one by one:
docs/verify.md.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import NamedTuple, Optional

import numpy as np

from ..errors import InputError, RunError
from ..network import Network
from ..units import ms
from . import compare
from .plain import Plain

PEERS = {"nest": ("NEST", "nest", "nest-simulator"), "brian2": ("Brian2", "brian2", "brian2"), "neuron": ("NEURON", "neuron", "neuron")}
HERE = pathlib.Path(__file__).resolve().parent

__all__ = ["Report", "Verdict", "verify"]


class Verdict(NamedTuple):
    """What came of one peer."""

    peer: str                                  #: "NEST 3.10.0"
    exact: bool                                #: both compute the same formulas: spikes are equal but for ties
    difference: Optional[compare.Difference]   #: None: all spikes are equal
    tie: Optional[bool]                        #: whether the first difference is a matter of rounding; None: there is none, or formulas differ
    populations: dict                          #: {name: compare.Statistics}
    agree: bool
    words: str                                 #: the verdict in a sentence


class Report(NamedTuple):
    """All verdicts; str() is the table."""

    network: str
    dt_ms: float
    steps: int
    spikes: int
    synapses: int
    neurons: int
    verdicts: list

    @property
    def agree(self) -> bool:
        """Whether all peers agree."""
        return all(v.agree for v in self.verdicts)

    def __str__(self):
        lines = [f"{self.network}: {self.neurons:,} neurons, {self.synapses:,} synapses, {self.steps * self.dt_ms:g} ms in steps of {self.dt_ms:g} ms, {self.spikes:,} spikes of ours in double precision"]
        for v in self.verdicts:
            lines += ["", _head(v.peer)] + [_row(name, s) for name, s in v.populations.items()]
            lines.append(f"{'agree' if v.agree else 'DIFFER'}: {v.words}")
        return "\n".join(lines)


def _head(peer):
    return f"{peer[:24]:24s} {'spikes':>9s} {'peer':>9s}   {'rate Hz':>8s} {'peer':>8s}   {'CV':>5s} {'peer':>5s}   {'intervals':>9s} {'bound':>6s}"


def _row(name, s):
    number = lambda x, form: "-" if x != x else format(x, form)
    return (f"{name[:24]:24s} {s.spikes[0]:9,d} {s.spikes[1]:9,d}   {s.rate[0]:8.3f} {s.rate[1]:8.3f}   {number(s.cv[0], '.3f'):>5s} {number(s.cv[1], '.3f'):>5s}   "
            f"{number(s.ks, '.4f'):>9s} {number(s.bound, '.3f'):>6s}{'   <- ' + '; '.join(s.problems) if s.problems else ''}")


def verify(network, against="nest", *, duration=None, python: str = None, alter=None) -> Report:
    """Runs a network here and in other simulators, and compares the spikes.

      network   a ranvier.Network, or the name of a network file
      against   "nest", "brian2", "neuron", or a list of them; they are looked for in this Python
      duration  ms or a text; where not given what the network says, warm-up included
      python    another interpreter in which the peers are installed
      alter     a function that may change the arrays the peer is given (ranvier.verify.plain.Plain.arrays), to see that a mistake is found

    Raises InputError: a peer that is not installed; a network it has no counterpart of; RunError: a peer that failed
    """
    peers = [against] if isinstance(against, str) else list(against)
    for peer in peers:
        if peer not in PEERS:
            raise InputError(f"no simulator is called {peer!r} here: {', '.join(PEERS)}")
    if not isinstance(network, Network):
        from ..network import load

        network = load(network)
    spec = network.spec()
    if not peers:
        raise InputError("name at least one simulator to compare with")
    python = python or sys.executable
    for peer in peers:
        _check_installed(peer, python)
    plain = Plain(network, spec.warmup_ms + spec.duration_ms if duration is None else ms(duration))
    if alter is not None:
        alter(plain)
    with tempfile.TemporaryDirectory(prefix="ranvier-verify-") as folder:
        plain.save(os.path.join(folder, "network.npz"))
        verdicts = [_judge(plain, *_run(peer, folder, python)) for peer in peers]
    counts = [p["size"] for p in plain.meta["populations"]]
    return Report(plain.meta["name"], plain.meta["dt"], plain.meta["steps"], len(plain.ids), plain.sim.synapse_count, sum(counts), verdicts)


def _check_installed(peer, python):
    title, module, package = PEERS[peer]
    try:
        found = subprocess.run([python, "-c", f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"], capture_output=True)
    except OSError as error:
        raise InputError(f"{python} cannot be run: {error.strerror}") from None
    if found.returncode:
        raise InputError(f"{title} is not installed in {python}: pip install {package}; or name with --python an interpreter that has it")


def _run(peer, folder, python):
    out = os.path.join(folder, peer + ".npz")
    done = subprocess.run([python, str(HERE / f"peer_{peer}.py"), os.path.join(folder, "network.npz"), out], capture_output=True, text=True, cwd=folder,
                          env={**{k: v for k, v in os.environ.items() if k != "PYTHONPATH" or python == sys.executable}, "OMP_NUM_THREADS": "1"})
    title = PEERS[peer][0]
    if done.returncode or not os.path.exists(out):
        last = [line for line in done.stderr.strip().splitlines() if line.strip()][-1:] or [f"it ended with code {done.returncode}"]
        raise RunError(f"{title} failed: {last[0]}")
    with np.load(out) as z:
        answer, steps, ids = json.loads(str(z["answer"])), z["steps"], z["ids"]
        times = z["times"] if "times" in z.files else None
    if "missing" in answer:
        raise InputError(f"{title} cannot be imported: {answer['missing']}; pip install {PEERS[peer][2]}")
    if "unsupported" in answer:
        raise InputError(f"not supported with {title}: {answer['unsupported']}")
    return answer, steps, ids, times


def _judge(plain, answer, steps, ids, times=None):
    if times is not None:  # off the grid: spikes count as equal within a millionth of a step
        ours, theirs = _matched(plain, times, ids)
    else:
        ours, theirs = compare.ordered(plain.steps, plain.ids), compare.ordered(steps, ids)
    if len(ours) == len(theirs) == 0:
        raise InputError("no neuron fires, neither here nor there: such a comparison says nothing; drive the network, or run it longer (--duration)")
    difference = compare.first_difference(ours, theirs)
    populations, first = {}, 0
    for p in plain.meta["populations"]:
        if not p["source"]:
            of = lambda s: s[(s[:, 1] >= first) & (s[:, 1] < first + p["size"])]
            populations[p["name"]] = compare.statistics(of(ours), of(theirs), p["size"], plain.meta["steps"] * plain.meta["dt"] * 1e-3)
        first += p["size"]
    problems = [f"{name}: {words}" for name, s in populations.items() for words in s.problems]
    tie = None
    if difference is None:
        agree, words = True, f"all {len(ours):,} spikes are equal"
    else:
        words = _where(plain, difference, plain.meta["dt"] * (1e-6 if times is not None else 1))
        if times is not None:
            tie = False
            words += "; if events of one instant meet a cell, the peer may take them in another order"
        elif answer["exact"]:
            tie = _is_tie(plain, difference)
            if tie:
                words += f"; a potential {compare.TIE_MV:g} mV away moves it here too, so it is a matter of rounding"
            else:
                words += "; not a matter of rounding: both should compute the same"
        else:
            words += "; the two integrate in different ways, so that spikes part in time"
        agree = not problems and tie is not False
        words += f". {'Different: ' + '; '.join(problems) if problems else 'Statistics agree'}"
    return Verdict(answer["version"], answer["exact"], difference, tie, populations, agree, words)


def _matched(plain, times, ids):
    """Both sides with times in millionths of a step; the peer's that lie within one of ours take its number."""
    unit = plain.meta["dt"] * 1e-6
    ours, theirs = (compare.ordered(np.rint(np.asarray(t) / unit), i) for t, i in ((plain.times, plain.ids), (times, ids)))
    for neuron in np.unique(theirs[:, 1]):
        mine, other = ours[ours[:, 1] == neuron, 0], np.flatnonzero(theirs[:, 1] == neuron)
        n = min(len(mine), len(other))
        near = np.abs(theirs[other[:n], 0] - mine[:n]) <= 1
        theirs[other[:n][near], 0] = mine[:n][near]
    return ours, compare.ordered(theirs[:, 0], theirs[:, 1])


def _where(plain, d, unit_ms):
    first = 0
    for p in plain.meta["populations"]:
        if d.neuron < first + p["size"]:
            break
        first += p["size"]
    return (f"the first {d.equal:,} spikes are equal, until {d.step * unit_ms:.6g} ms, where neuron {d.neuron - first} of {p['name']!r} fires "
            f"{'here but not there' if d.ours else 'there but not here'}")


def _is_tie(plain, d):
    """Whether a potential a little higher or lower makes the first difference come and go on our side too."""
    return plain.fires_when_nudged(d.neuron, d.step, compare.TIE_MV) and not plain.fires_when_nudged(d.neuron, d.step, -compare.TIE_MV)
