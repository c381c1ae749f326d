# SPDX-License-Identifier: Apache-2.0
"""Plans: rooflines, sweeps, machines side by side. What is drawn is what ranvier.plan() returns (docs/plan.md)."""
import matplotlib.ticker
import numpy as np

from ..errors import InputError
from .style import APART, FAINT, INK, STYLE, legend, nothing, styled


def _answers(plans):
    """[(label, answer)] of one answer, a list of them, or {label: answer}."""
    if isinstance(plans, dict) and "workload" in plans:
        plans = [plans]
    if isinstance(plans, dict):
        return list(plans.items())
    return [(_machine(a), a) for a in plans]


def _machine(answer):
    count = answer.get("count", 1)
    name = answer.get("machine_name") or answer.get("machine", "")
    return f"{count} × {name}" if count != 1 else name


def _need(answer, key):
    if not isinstance(answer, dict) or key not in answer:
        raise InputError(f"this is not what ranvier.plan() returns for a workload on a machine: it has no {key!r}")
    return answer[key]


@styled(ratio=0.85)
def roofline(plan, *, ax=None):
    """The roofline of one device with the operations of a plan on it (Williams, Waterman & Patterson 2009, doi:10.1145/1498765.1498785).

    Across: FLOP per byte moved. Up: FLOP/s reached. The slope is the memory's rate, the flat lines are the arithmetic's by number format, as the vendor has
    them. The area of a point is its share of the time; hollow ones are not part of the answer (the prompts, where the question is the time between two tokens).
    """
    roof = _need(plan, "roof")
    operations = [o for o in _need(plan, "operations") if o["byte_moved"] > 0 and o["time_s"] > 0 and sum(o["flop"].values()) > 0]
    formats = sorted({f for o in operations for f in o["flop"] if f in roof["flop_per_s"]}, key=lambda f: roof["flop_per_s"][f]) or list(roof["flop_per_s"])[:1]
    x = np.array([sum(o["flop"].values()) / o["byte_moved"] for o in operations])
    y = np.array([sum(o["flop"].values()) / o["time_s"] for o in operations])
    tops = [roof["flop_per_s"][f] for f in formats]
    ridge = [top / roof["byte_per_s"] for top in tops]
    left, right = 10 ** np.floor(np.log10(min([*x, *ridge]) / 15)), 10 ** np.ceil(np.log10(max([*x, *ridge]) * 3))
    for name, top, at in zip(formats, tops, ridge):
        ax.plot([at, right], [top, top], color=INK, linewidth=1.0)
        ax.text(right, top * 1.12, f"{name.replace('_acc32', ', sums in fp32')}: {top / 1e12:.4g} TFLOP/s", ha="right", va="bottom", fontsize=STYLE["xtick.labelsize"])
    ax.plot([left, max(ridge)], [left * roof["byte_per_s"], max(tops)], color=INK, linewidth=1.0)
    total = sum(o["times"] * o["time_s"] for o in operations) or 1.0
    for k, (o, a, b) in enumerate(zip(operations, x, y)):
        counted = o["times"] > 0
        area = 18 + 130 * o["times"] * o["time_s"] / total
        label = o["name"] if o["group"] in ("", o["name"]) else f"{o['group']}: {o['name']}"
        ax.scatter(a, b, s=area if counted else 18, facecolor=APART[k % 7] if counted else "white", edgecolor=APART[k % 7] if not counted else "white", linewidth=1.0 if not counted else 0.5,
                   zorder=4 - area / 1000 if counted else 2.5, label=label)
    ax.set(xscale="log", yscale="log", xlim=(left, right), ylim=(min([*y, left * roof["byte_per_s"]]) / 30, max(tops) * 3), xlabel="FLOP per byte moved", ylabel="FLOP/s of one device")
    at = left * 2
    ax.annotate(f"{roof['byte_per_s'] / 1e9:,.0f} GB/s", (at, at * roof["byte_per_s"]), xytext=(6, 0), textcoords="offset points", va="center", fontsize=STYLE["xtick.labelsize"])
    if operations:
        ax.legend(loc="lower right", markerscale=0.7, handletextpad=0.1, labelspacing=0.35)  # below the roof, where no operation can be fast and few are slow
    else:
        nothing(ax, "no operation with arithmetic and bytes")


def _figure_of(answer, name):
    """(value, low, high, unit) of a figure of an answer: "value", a key of `estimate`, or one of its further figures."""
    if name in ("value", answer.get("metric")):
        return answer.get("value"), answer.get("p10"), answer.get("p90"), answer.get("unit", "")
    estimate = answer.get("estimate", {})
    if name == "time":
        return (*(estimate.get(k) for k in ("time_s", "p10_s", "p90_s")), "s")
    if name == "utilisation":
        return 100 * estimate["utilisation"], None, None, "%"
    if name in estimate and isinstance(estimate[name], (int, float)):
        return estimate[name], None, None, {"byte": "byte", "flop": "FLOP", "energy": "J"}.get(name.split("_")[0], "s" if name.endswith("_s") else "")
    for f in answer.get("figures", []):
        if f["name"] == name:
            return f["value"], None, None, f["unit"]
    known = ["value", "time", *(k for k, v in estimate.items() if isinstance(v, float)), *(f["name"] for f in answer.get("figures", []))]
    raise InputError(f"a plan of {answer.get('workload', '?')} has no figure {name!r}; it has {', '.join(known)}")


def _words(name, unit):
    words = name.replace("_", " ")
    return f"{words} ({unit})" if unit else words


def _points(plan):
    """The points of a sweep by key, in its order: (key, [(number or text, answer)])."""
    points = [p for p in _need(plan, "sweep") if "estimate" in p]
    if not points:
        raise InputError("none of the points of this sweep has an answer")
    keys = list(points[0]["at"])
    varied = [k for k in keys if len({p["at"][k] for p in points}) > 1] or keys
    return points, varied


@styled()
def sweep(plan, *, figure: str = "value", over: str = None, colors=None, ax=None):
    """A figure of a plan by what `sweep` varied: ranvier.plan("llm_serve", "llama-3-70b", on="8xh100", sweep="batch=1:512").

    figure   "value" (the metric; with its interval of 80 %), "time", "utilisation" in %, or any figure of the answer: "throughput", "energy_j", ...
    over     which key lies across, where several were swept; the others become lines

    Hollow points do not fit into the machine's memory.
    """
    points, varied = _points(plan)
    over = over or varied[0]
    if over not in points[0]["at"]:
        raise InputError(f"the sweep has no key {over!r}; it has {', '.join(points[0]['at'])}")
    others = [k for k in varied if k != over]
    lines = {}
    for p in points:
        lines.setdefault(", ".join(f"{k} {p['at'][k]}" for k in others), []).append(p)
    name = points[0]["metric"] if figure == "value" else figure
    unit = ""
    for k, (label, line) in enumerate(lines.items()):
        colour = (colors or APART)[k % len(colors or APART)]
        line = sorted(line, key=lambda p: float(p["at"][over]))
        x = np.array([float(p["at"][over]) for p in line])
        rows = [_figure_of(p, figure) for p in line]
        unit = rows[0][3]
        y, low, high = (np.array([np.nan if r[i] is None else r[i] for r in rows], dtype=float) for i in range(3))
        fits = np.array([p["estimate"].get("fits", True) for p in line])
        if np.isfinite(low).any():
            ax.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0)
        ax.plot(x, y, color=colour, label=label or None)
        ax.scatter(x, y, s=9, facecolor=np.where(fits, colour, "white"), edgecolor=colour, linewidth=0.8, zorder=3)
    ax.set(xscale="log", yscale="log", xlabel=over.replace("_", " "), ylabel=_words(name if figure != "utilisation" else "arithmetic used", unit))
    _plain(ax.xaxis)
    ax.margins(x=0.03)
    _plain(ax.yaxis)
    legend(ax, len(lines), loc="best")


def _plain(axis):
    """Numbers of a logarithmic axis as people write them; 2 and 5 between powers of ten where there are few of these."""
    low, high = sorted(axis.get_view_interval())
    few = low > 0 and high / low < 300
    text = matplotlib.ticker.FuncFormatter(lambda v, _: f"{v:,.0f}" if 1 <= v < 1e6 else f"{v:g}")
    axis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5) if few else (1,)))
    axis.set_major_formatter(text)
    axis.set_minor_formatter(matplotlib.ticker.NullFormatter())


def utilisation(plan, *, over: str = "batch", colors=None, ax=None):
    """How much of the arithmetic's peak is used, in %, by batch (or whatever key of the sweep `over` names)."""
    return sweep(plan, figure="utilisation", over=over if over in _points(plan)[0][0]["at"] else None, colors=colors, ax=ax)


@styled()
def cost(plans, *, figure: str = "value", log: bool = False, colors=None, ax=None):
    """One figure of several plans as bars, with the interval that holds the measurement in 80 of 100 cases.

    plans    answers of ranvier.plan(): a list (named by their machines) or {label: answer}
    figure   as in sweep()
    log      points on a logarithmic axis in place of bars, which have no length there
    """
    answers = _answers(plans)
    rows = [_figure_of(answer, figure) for _, answer in answers]
    y = np.arange(len(answers))
    for k, ((_, answer), (value, low, high, _)) in enumerate(zip(answers, rows)):
        if value is None:
            ax.text(0.01, k, " does not fit" if answer.get("remedy") else " no answer", transform=ax.get_yaxis_transform(), va="center", color=FAINT, fontsize=STYLE["xtick.labelsize"])
            continue
        fits = answer.get("estimate", {}).get("fits", True)
        colour = (colors or [APART[0]])[k % len(colors or [0])]
        if not log:
            ax.barh(k, value, height=0.62, color=colour if fits else "white", edgecolor=colour, linewidth=0.8, hatch=None if fits else "////")
        error = None if low is None or high is None else [[max(0, value - low)], [max(0, high - value)]]
        ax.errorbar(value, k, xerr=error, fmt="o" if log else "none", markersize=4, color=colour if log else INK, ecolor=INK, elinewidth=0.9, capsize=2, capthick=0.9)
    name = answers[0][1].get("metric", "") if figure == "value" and answers else figure
    ax.set(ylim=(len(answers) - 0.5, -0.5), xlabel=_words(name, rows[0][3] if rows else ""))
    if log:
        ax.set_xscale("log")
        ax.grid(axis="x", color="#e5e5e5", linewidth=0.5)
    else:
        ends = [v for row in rows for v in row[:3] if v is not None]
        ax.set_xlim(0, 1.06 * max(ends) if ends and max(ends) > 0 else 1)
    ax.set_yticks(y, [label for label, _ in answers])
    ax.tick_params(axis="y", length=0)
