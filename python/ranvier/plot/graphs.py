# SPDX-License-Identifier: Apache-2.0
"""A network as a graph: populations and what runs between them."""
import math

import matplotlib.patches
import numpy as np

from .style import EXCITATORY, FAINT, INHIBITORY, STYLE, colours, count_text, styled

_COLOUR = {1: EXCITATORY, -1: INHIBITORY, 0: FAINT}
_WIDEST = 3.6   # points, of the largest projection
_THINNEST = 0.35


@styled(ratio=lambda what, positions=None, **_: 0.55 if positions is None and len(_spec(what).populations) == 2 else 0.95)
def graph(what, *, positions: dict = None, least: float = 0.0, legend: bool = True, ax=None):
    """Populations as discs whose area is their number of neurons, projections as lines whose width is their number of synapses.

    Blue lines with an arrow excite, red lines with a bar inhibit. Numbers of synapses are those expected, so that a network need not be built.

    what        a Network or a Simulation
    positions   {population: (x, y)}; on a circle, clockwise from above, where not given
    least       leaves out projections with fewer than this share of the synapses of the largest
    """
    spec = _spec(what)
    names, sizes = [p[0] for p in spec.populations], [p[1] for p in spec.populations]
    places = _places(names, positions)
    lines = _lines(spec.outline)
    most = max((n for n, _ in lines.values()), default=1) or 1
    spread = _spread(places)
    radii = spread * np.clip(0.30 * np.sqrt(np.array(sizes) / max(sizes)), 0.10, None) if names else []
    ax.set_aspect("equal")
    ax.set_axis_off()
    for (a, b), (n, effect) in sorted(lines.items(), key=lambda item: -item[1][0]):
        if n >= least * most and n > 0:
            width = max(_THINNEST, _WIDEST * n / most)
            (_loop(ax, places[a], radii[a], _outward(places[a], places, positions is not None), spread, width, effect) if a == b else _line(ax, places[a], places[b], radii[a], radii[b], width, effect))
    for name, size, place, radius, colour in zip(names, sizes, places, radii, colours(spec.effects)):
        ax.add_patch(matplotlib.patches.Circle(place, radius, facecolor=colour, edgecolor="white", linewidth=1.0, zorder=3))
    if names:
        reach = radii + 0.42 * spread
        low, high = (places - reach[:, None]).min(axis=0), (places + reach[:, None]).max(axis=0)
        ax.set(xlim=(low[0] - 0.3 * spread, high[0] + 0.3 * spread), ylim=(low[1], high[1]))
    points = _points_per_unit(ax)
    for k, (name, size, place, radius) in enumerate(zip(names, sizes, places, radii)):
        _label(ax, name, size, place, radius, _outward(place, places, positions is not None), spread, (k, k) in lines, points)
    if legend and lines:
        _widths(ax, most)


def _spec(what):
    return what.spec() if hasattr(what, "spec") else what._spec


def _places(names, positions):
    if positions is not None:
        missing = [name for name in names if name not in positions]
        if missing:
            from ..errors import InputError

            raise InputError(f"graph: positions lack {', '.join(map(repr, missing))}")
        return np.array([positions[name] for name in names], dtype=float).reshape(len(names), 2)
    if len(names) == 1:
        return np.zeros((1, 2))
    if len(names) == 2:
        return np.array([[-1.0, 0.0], [1.0, 0.0]])
    angle = np.pi / 2 - 2 * np.pi * np.arange(len(names)) / max(1, len(names))
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1).reshape(len(names), 2) * max(1.0, len(names) / 4)


def _spread(places):
    """The distance of the nearest two populations: what sizes are measured by."""
    if len(places) < 2:
        return 1.0
    far = np.linalg.norm(places[:, None] - places[None], axis=-1)
    return float(far[np.triu_indices(len(places), 1)].min()) or 1.0


def _lines(projections):
    """{(source, target): (synapses, effect)}: projections of one pair and one effect together; where effects differ, the stronger colours the line."""
    out = {}
    for p in projections:
        out.setdefault((p["source"], p["target"]), []).append((p["synapses"], p["effect"]))
    return {pair: (sum(n for n, _ in several), max(several)[1]) for pair, several in out.items()}


def _head(effect, width):
    size = 1.7 + 0.6 * math.sqrt(width)
    if effect < 0:
        return matplotlib.patches.ArrowStyle.BracketB(widthB=size * 0.9, lengthB=0.0)
    return matplotlib.patches.ArrowStyle.CurveFilledB(head_length=size * 1.3, head_width=size * 0.65)


def _draw(ax, path, width, effect):
    ax.add_patch(matplotlib.patches.FancyArrowPatch(path=path, arrowstyle=_head(effect, width), mutation_scale=1.6, linewidth=width, color=_COLOUR[effect], alpha=0.85, zorder=2,
                                                   capstyle="butt", joinstyle="miter", fill=effect >= 0))


def _line(ax, a, b, radius_a, radius_b, width, effect):
    """A flat arc that keeps to the right, so that both directions are seen."""
    along = b - a
    length = np.linalg.norm(along)
    along = along / length
    across = np.array([along[1], -along[0]])
    bend = 0.16
    middle = (a + b) / 2 + across * bend * length
    start, stop = (_towards(place, middle, radius) for place, radius in ((a, radius_a * 1.04), (b, radius_b * 1.22)))
    _draw(ax, matplotlib.path.Path([start, middle, stop], [1, 3, 3]), width, effect)


def _towards(place, to, distance):
    d = to - place
    return place + d / np.linalg.norm(d) * distance


def _loop(ax, place, radius, out, spread, width, effect):
    """An arc from the disc to itself, on the side away from the others."""
    angle = math.atan2(out[1], out[0])
    half = min(0.9, 0.10 * spread / radius)  # of the opening, in radians

    def around(sign, distance, turn):
        return place + distance * np.array([math.cos(angle + sign * turn), math.sin(angle + sign * turn)])

    gap = 0.03 * spread
    at = [around(-1, radius + 0.2 * gap, half), around(1, radius + gap, half)]
    reach = radius + 0.34 * spread
    control = [around(s, reach, math.atan2(0.26 * spread, reach)) for s in (-1, 1)]
    _draw(ax, matplotlib.path.Path([at[0], control[0], control[1], at[1]], [1, 4, 4, 4]), width, effect)


def _points_per_unit(ax):
    """How many points a unit of the data is, with the aspect kept."""
    box = ax.get_window_extent()
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    return min(box.width / (x1 - x0), box.height / (y1 - y0)) * 72 / ax.figure.dpi


def _label(ax, name, size, place, radius, out, spread, loop, points):
    """Name and size: in the disc where they fit, else outside of it and of its loop."""
    text, letter = f"{name}\n{size:,}", STYLE["xtick.labelsize"]
    if max(len(name), len(f"{size:,}")) * 0.62 * letter < 1.5 * radius * points:
        ax.text(*place, text, ha="center", va="center", color="white", fontsize=letter, zorder=4, linespacing=1.1)
        return
    at = place + out * (radius + (0.33 if loop else 0.06) * spread)
    across = "center" if abs(out[0]) < 0.4 else "left" if out[0] > 0 else "right"
    along = "center" if abs(out[1]) < 0.4 else "bottom" if out[1] > 0 else "top"
    ax.text(*at, text, ha=across, va=along, fontsize=letter, zorder=4, linespacing=1.1)


def _outward(place, places, sideways):
    """The direction away from the others; upwards for one alone. To a side only, where a person has placed them (in layers)."""
    out = place - places.mean(axis=0)
    if sideways and abs(out[0]) > 1e-9:
        return np.array([np.sign(out[0]), 0.0])
    far = np.linalg.norm(out)
    return out / far if far > 1e-9 else np.array([0.0, 1.0])


def _widths(ax, most):
    """Two lines that say what widths mean."""
    from matplotlib.lines import Line2D

    round_ = float(f"{most:.0e}")
    handles = [Line2D([], [], color=INK_LINE, linewidth=max(_THINNEST, _WIDEST * n / most)) for n in (round_, round_ / 10)]
    ax.legend(handles, [f"{count_text(n)} synapses" for n in (round_, round_ / 10)], loc="lower center", bbox_to_anchor=(0.5, -0.13), ncols=2, handlelength=2.0)


INK_LINE = "#555555"
