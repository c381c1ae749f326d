# SPDX-License-Identifier: Apache-2.0
"""Ranvier: simulate spiking brain networks at the speed of memory, and plan what they cost on any hardware.

    import ranvier

    net = ranvier.Network(dt="0.1 ms", seed=1)
    E = net.population("E", 800, "lif_exp", params={"tau_m": "20 ms"}, initial={"V_m": {"uniform": ["-70 mV", "-50 mV"]}})
    I = net.population("I", 200, "lif_exp")
    net.project(E, E, rule={"fixed_indegree": 80}, receptor="ex", weight="20 pA", delay="1.5 ms")
    net.poisson(E, rate="8 kHz", weight="40 pA", receptor="ex")
    sim = net.build()
    sim.run("1 s")
    times, neurons = sim.spikes("E")

The words are those of the network file (docs/network-file.md). A quantity is a text with its unit or a plain number in ms, mV, pA, nS, pF, Hz or um;
a number for each neuron or synapse is a numpy array.
"""
import atexit

from . import _core, statistics
from ._core import version as __version__
from .errors import InputError, RunError
from .network import GapJunctions, Input, Network, Population, Projection, load
from .plan import plan
from .results import Course, Piece, Spikes, Synapses, Trace, WeightSeries
from .simulation import Simulation
from .units import ms, quantity
from .models import models


atexit.register(_core.end_all)


def __getattr__(name):
    """ranvier.plot, ranvier.nir and ranvier.verify, imported when first used: nothing else needs matplotlib or nir."""
    if name in ("plot", "nir", "verify"):
        import importlib

        return importlib.import_module("." + name, __name__)
    raise AttributeError(f"module 'ranvier' has no attribute {name!r}")


__all__ = ["GapJunctions", "Input", "InputError", "Network", "Piece", "Population", "Projection", "RunError", "Simulation", "Spikes", "Synapses", "Trace", "Course", "WeightSeries",
           "__version__", "load", "models", "ms", "plan", "quantity", "statistics"]
