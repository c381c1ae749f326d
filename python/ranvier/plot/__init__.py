# SPDX-License-Identifier: Apache-2.0
"""Figures of runs, networks and plans, by matplotlib (pip install matplotlib).

    sim.run("1 s")
    ranvier.plot.raster(sim, start="500 ms", rates=True)
    ranvier.plot.rates(sim, bin="5 ms")

Every function draws into `ax`, or into Axes of its own at the width of a printed column, and returns the Axes; figure() makes several. What it draws may
be a Simulation, a Piece, spikes in any form that ranvier.statistics takes, or {name: spikes}. Blue excites, red inhibits. Where there are many points they
are drawn as an image within the figure, so that a PDF of it stays small.
"""
try:
    import matplotlib  # noqa: F401  (only whether it is there)
except ImportError as missing:
    raise ImportError("ranvier.plot needs matplotlib: pip install matplotlib") from missing

from .correlation import correlations, correlogram
from .graphs import graph
from .plans import cost, roofline, sweep, utilisation
from .state import traces
from .style import colours, figure, letters, style
from .synapses import connectivity, weight_history, weights
from .trains import isi, raster, rates

__all__ = ["colours", "connectivity", "correlations", "correlogram", "cost", "figure", "graph", "isi", "letters", "raster", "rates", "roofline", "style", "sweep", "traces", "utilisation",
           "weight_history", "weights"]
