# SPDX-License-Identifier: Apache-2.0
"""One look for all figures: small type, thin lines, colours that colour-blind readers can tell apart, nothing that carries no information."""
import functools

import matplotlib.colors
import matplotlib.pyplot as plt
import numpy as np

MM = 1 / 25.4
WIDTHS = {"column": 85 * MM, "page": 176 * MM}  #: of a printed page, in inches

INK, FAINT = "#222222", "#8a8a8a"
EXCITATORY, INHIBITORY = "#1f5f9e", "#c8472b"
# Okabe & Ito (2008), jfly.uni-koeln.de/color; black last.
APART = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
_SHADES = {1: ("#123f6d", "#1f5f9e", "#7db2e3"), -1: ("#8f2a12", "#c8472b", "#f0a07c"), 0: ("#333333", "#666666", "#b0b0b0")}  # dark, middle, light
SIGNED = matplotlib.colors.LinearSegmentedColormap.from_list("ranvier_signed", ["#7a1f0b", "#c8472b", "#f3c3b0", "#ffffff", "#b4d2ec", "#1f5f9e", "#0d2f52"])
AMOUNT = matplotlib.colors.LinearSegmentedColormap.from_list("ranvier_amount", ["#ffffff", "#b4d2ec", "#5b9bd0", "#1f5f9e", "#0d2f52"])

STYLE = {
    "font.size": 8, "axes.titlesize": 8, "axes.labelsize": 8, "xtick.labelsize": 7, "ytick.labelsize": 7, "legend.fontsize": 7,
    "axes.linewidth": 0.6, "lines.linewidth": 1.0, "patch.linewidth": 0.6, "hatch.linewidth": 0.6,
    "xtick.major.width": 0.6, "ytick.major.width": 0.6, "xtick.minor.width": 0.4, "ytick.minor.width": 0.4,
    "xtick.major.size": 2.5, "ytick.major.size": 2.5, "xtick.minor.size": 1.5, "ytick.minor.size": 1.5,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": INK, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.titlelocation": "left", "axes.axisbelow": True, "legend.frameon": False, "legend.handlelength": 1.4, "legend.borderaxespad": 0.2,
    "figure.dpi": 150, "pdf.fonttype": 42, "svg.fonttype": "none", "axes.formatter.useoffset": False, "axes.xmargin": 0.0,
}


def style():
    """The look of these figures for what you draw yourself: `with ranvier.plot.style(): ...`."""
    return plt.rc_context(STYLE)


def figure(rows=1, columns: int = 1, *, width="column", height: float = None, **keys):
    """A figure for one column ("column", 85 mm) or both ("page", 176 mm) of a printed page, or `width` in mm; `height` in mm.

    Returns (Figure, Axes) as matplotlib.pyplot.subplots() does, which takes the further keys. `rows` may also be a mosaic of names,
    [["a", "b"], ["a", "c"]]: then it returns (Figure, {name: Axes}).
    """
    mosaic = not isinstance(rows, int)
    rows, columns, parts = (len(rows), len(rows[0]), rows) if mosaic else (rows, columns, None)
    wide = WIDTHS[width] if isinstance(width, str) else width * MM
    high = height * MM if height is not None else 0.62 * wide / columns * rows
    with style():
        if mosaic:
            return plt.subplot_mosaic(parts, figsize=(wide, high), layout="constrained", **keys)
        return plt.subplots(rows, columns, figsize=(wide, high), layout="constrained", **keys)


def letters(axes, first: str = "a"):
    """Writes a, b, c ... above the upper left corners of several Axes."""
    for k, ax in enumerate(np.ravel(axes)):
        ax.set_title(chr(ord(first) + k), loc="left", fontsize=9, fontweight="bold", x=0, ha="right")


def styled(width="column", ratio=0.62):
    """Lets a function that draws into `ax` (by keyword) make one of its own where none is given; within, matplotlib has the style of this page.

    ratio   height over width of an Axes of its own, or a function of what is drawn that gives it
    """
    def decorate(draw):
        @functools.wraps(draw)
        def inner(*arguments, ax=None, **keys):
            with style():
                if ax is None:
                    high = ratio(*arguments, **keys) if callable(ratio) else ratio
                    ax = plt.subplots(figsize=(WIDTHS[width], WIDTHS[width] * high), layout="constrained")[1]
                else:
                    tidy(ax)
                draw(*arguments, ax=ax, **keys)
            return ax
        return inner
    return decorate


def tidy(ax):
    """Gives an Axes that someone else made the look of ours."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        ax.spines[side].set_linewidth(STYLE["axes.linewidth"])
    ax.tick_params(labelsize=STYLE["xtick.labelsize"], width=STYLE["xtick.major.width"], length=STYLE["xtick.major.size"])
    ax.tick_params(which="minor", width=STYLE["xtick.minor.width"], length=STYLE["xtick.minor.size"])


def colours(effects) -> list:
    """A colour for each population by what its synapses do (+1, -1, 0): shades of blue excite, shades of red inhibit. Where none is known: seven that differ."""
    if not any(effects):
        return [APART[k % len(APART)] for k in range(len(effects))]
    out, number, seen = [], {e: list(effects).count(e) for e in (1, -1, 0)}, {1: 0, -1: 0, 0: 0}
    for e in effects:
        out.append(shade(e, seen[e], number[e]))
        seen[e] += 1
    return out


def shade(effect: int, k: int, n: int) -> str:
    """Colour k of n that differ in lightness."""
    dark, middle, light = _SHADES[effect]
    if n == 1:
        return middle
    return matplotlib.colors.to_hex(matplotlib.colors.LinearSegmentedColormap.from_list("", [dark, middle, light])(k / (n - 1)))


def darker(colour) -> str:
    """The colour for words: light ones are hard to read."""
    return matplotlib.colors.to_hex(0.62 * np.array(matplotlib.colors.to_rgb(colour)))


def time_axis(start_ms: float, stop_ms: float):
    """(factor, unit) of a time axis: ms up to 2 s, then s."""
    return (1.0, "ms") if stop_ms - start_ms <= 2000 else (1e-3, "s")


def legend(ax, entries: int, **keys):
    """A legend without a frame: inside for a few entries, beside the axes for many; none for one without a name."""
    if not ax.get_legend_handles_labels()[1]:
        return
    if entries > 4:
        keys = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), **keys}
    ax.legend(**keys)


def nothing(ax, words: str):
    """Says in the middle of an Axes why it is empty."""
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", color=FAINT, fontsize=STYLE["xtick.labelsize"])


def count_text(number: float) -> str:
    """12,345 as people write it: 950, 12k, 3.4M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.3g}"
