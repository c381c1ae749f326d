# SPDX-License-Identifier: Apache-2.0
"""NIR's neurons in steps of dt, and as the engine's leaky membrane with its receptors.

A signal is a number for each step. A step of every neuron is

    i' = a i + b S                     (CubaLIF, CubaLI)
    v' = P v + (1 - P) v_leak + c_i i + c_S S
    v' > v_threshold: spike, v' = v_reset

and the discretisation says what P, a, b, c_i, c_S are:

    exact   S holds during the step; i and v are what the equations then give at its end
    impulse the same equations, but S is an impulse of area S dt at the end of the step, as spikes are in this engine
    euler   P = 1 - dt / tau;  i' = i + dt / tau_syn (w_in S - i),  v' = v + dt / tau (v_leak - v + R i'): v takes the current just updated, as in
            Norse and snnTorch

Both are steps of a linear membrane. Since the engine's propagators come from time constants, it is given those whose propagators are P and a; what
arrives at the end of a step is counted so that v' is the sum above: a delta receptor for c_S S, an exponential one for i.
"""
from dataclasses import dataclass

import numpy as np

from ..errors import InputError

SPIKING = ("LIF", "IF", "CubaLIF", "Threshold")
ANALOG = ("LI", "I", "CubaLI")
FIELDS = {"LIF": ("tau", "r", "v_leak", "v_threshold", "v_reset"), "IF": ("r", "v_threshold", "v_reset"), "LI": ("tau", "r", "v_leak"), "I": ("r",),
          "CubaLIF": ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"), "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak", "w_in"),
          "Threshold": ("threshold",)}
NEVER = 1e30       # the threshold of what does not fire
FOREVER = 2.0**60  # steps: exp(-1 / FOREVER) is 1, and a unit of current for a step is 1 exactly


@dataclass
class Neurons:
    """The neurons of one node: arrays [n] of the numbers above."""

    n: int
    P: np.ndarray
    c_S: np.ndarray
    v_leak: np.ndarray
    threshold: np.ndarray = None  #: None: does not fire
    v_reset: np.ndarray = None
    a: np.ndarray = None          #: None: no current of its own
    b: np.ndarray = None
    c_i: np.ndarray = None
    drive: np.ndarray = None      #: [n] what leaks in at each step besides the resting level
    start: np.ndarray = None      #: [n] v before the first step; None: the resting level

    @property
    def current(self) -> bool:
        return self.a is not None


def neurons_of(name, node, kind, n, dt, how, per_step) -> Neurons:
    """The neurons of a node.

      n         elements; parameters of one element hold for all
      dt        s
      how       "exact", "impulse" or "euler"
      per_step  IF and I: v' = v + R S instead of v' = v + dt R S

    Raises InputError: parameters that are missing, of another size, not finite; time constants that a step cannot follow; a reset that fires.
    """
    euler = how == "euler"
    p = {key: _parameter(name, kind, node, key, n) for key in FIELDS[kind]}
    for key in ("tau", "tau_mem", "tau_syn"):
        if key in p:
            _check_tau(name, key, p[key], dt, euler)
    zero, one = np.zeros(n), np.ones(n)
    if kind in ("IF", "I"):
        out = Neurons(n, one, p["r"] * (1 if per_step else dt), zero)
    elif kind == "Threshold":
        out = Neurons(n, zero, one, zero)
        p["v_threshold"], p["v_reset"] = p["threshold"], np.minimum(p["threshold"] - 1, 0)
    elif "tau" in p:
        P = _left(p["tau"], dt, euler)
        out = Neurons(n, P, (dt / p["tau"] if how == "impulse" else 1 - P) * p["r"], p["v_leak"])
    else:
        out = _with_current(n, p, dt, how)
    if kind in SPIKING:
        out.threshold, out.v_reset = p["v_threshold"], p["v_reset"]
        _check_reset(name, out)
    start = (getattr(node, "metadata", None) or {}).get("v")
    if start is not None:
        out.start = np.broadcast_to(np.asarray(start, dtype=np.float64).ravel(), n)
    return _rested(out)


def _with_current(n, p, dt, how):
    euler = how == "euler"
    P, a = _left(p["tau_mem"], dt, euler), _left(p["tau_syn"], dt, euler)
    b = (1 - a) * p["w_in"]
    if euler:
        return Neurons(n, P, (1 - P) * p["r"] * b, p["v_leak"], a=a, b=b, c_i=(1 - P) * p["r"] * a)
    fed = dt / p["tau_mem"] * divided_exp(-dt / p["tau_syn"], -dt / p["tau_mem"])  # of v by a current that decays from 1 during the step
    if how == "impulse":
        return Neurons(n, P, np.zeros(n), p["v_leak"], a=a, b=dt / p["tau_syn"] * p["w_in"], c_i=p["r"] * fed)
    return Neurons(n, P, p["r"] * p["w_in"] * (1 - P - fed), p["v_leak"], a=a, b=b, c_i=p["r"] * fed)


def divided_exp(x, y):
    """(e^x - e^y) / (x - y), e^x where they agree."""
    high, apart = np.maximum(x, y), -np.abs(x - y)
    return np.exp(high) * np.where(apart == 0, 1, np.expm1(apart) / np.where(apart == 0, 1, apart))


def engine_parameters(neurons: Neurons, dt_ms, single):
    """(params, receptors, factor): the leaky membrane that does these steps.

    A unit of current for a step, and a unit of weight onto the receptor "S", are 1 of v; a weight onto "i" is `factor` [n] times what it adds to the current i.
    """
    P = neurons.P
    tau_m = _tau_of(P, dt_ms)
    C_m = np.where(P == 1, dt_ms, -tau_m * np.expm1(-dt_ms / tau_m))
    threshold = np.full(neurons.n, NEVER) if neurons.threshold is None else _above(neurons.threshold, single)
    reset = np.zeros(neurons.n) if neurons.v_reset is None else neurons.v_reset
    params = {"tau_m": tau_m, "C_m": C_m, "E_L": neurons.v_leak, "V_th": threshold, "V_reset": reset, "t_ref": 0.0}
    receptors = [{"name": "S", "kind": "delta"}]
    if not neurons.current:
        return {k: _one(v) for k, v in params.items()}, receptors, None
    tau_syn = _tau_of(neurons.a, dt_ms)
    receptors.append({"name": "i", "kind": "exponential", "tau_syn": _one(tau_syn)})
    to_V = dt_ms / C_m * divided_exp(-dt_ms / tau_syn, -dt_ms / tau_m)  # v by a unit of the receptor's current in a step
    return {k: _one(v) for k, v in params.items()}, receptors, neurons.c_i / to_V


def _one(values):
    """A number where all are the same: the engine then keeps one."""
    values = np.asarray(values, dtype=np.float64)
    return float(values.flat[0]) if values.size and np.all(values == values.flat[0]) else values


def _above(threshold, single):
    """NIR fires above threshold, the engine at it: the next number that it can hold."""
    if single:
        return np.nextafter(threshold.astype(np.float32), np.float32(np.inf)).astype(np.float64)
    return np.nextafter(threshold, np.inf)


def _left(tau, dt, euler):
    return 1 - dt / tau if euler else np.exp(-dt / tau)


def _tau_of(left, dt_ms):
    """The time constant of which so much is left after a step: from FOREVER steps for all of it to a 40th for nothing (e^-40 is 4e-18)."""
    with np.errstate(divide="ignore"):
        tau = -dt_ms / np.log(left)
    return np.where(left >= 1, dt_ms * FOREVER, np.where(left < 1e-17, dt_ms / 40, tau))


def _rested(neurons):
    """Neurons whose resting level would make them fire start from their reset level: until the first signal reaches their layer, nothing may happen."""
    neurons.drive = np.zeros(neurons.n)
    if neurons.threshold is not None:
        restless = neurons.v_leak > neurons.threshold
        neurons.drive = np.where(restless, (1 - neurons.P) * (neurons.v_leak - neurons.v_reset), 0.0)
        neurons.v_leak = np.where(restless, neurons.v_reset, neurons.v_leak)
    return neurons


def _parameter(name, kind, node, key, n):
    value = getattr(node, key, None)
    if value is None:
        if key in ("v_reset", "w_in"):  # added to NIR later
            value = 0.0 if key == "v_reset" else 1.0
        else:
            raise InputError(f"node {name!r} ({kind}) has no {key}: give it an array [{n}]")
    value = np.asarray(value, dtype=np.float64)
    if value.size not in (1, n):
        raise InputError(f"node {name!r} ({kind}): {key} has shape {value.shape}, but {n} elements reach the node: give one value, or one for each")
    value = np.broadcast_to(value.ravel(), (n,)).astype(np.float64)
    if not np.all(np.isfinite(value)):
        raise InputError(f"node {name!r} ({kind}): {key} of element {int(np.flatnonzero(~np.isfinite(value))[0])} is {value[~np.isfinite(value)][0]}: must be a finite number; look at the training or the export")
    return value


def _check_tau(name, key, tau, dt, euler):
    if np.any(tau <= 0):
        raise InputError(f"node {name!r}: {key} = {tau.min():g} s: must be > 0 s")
    if euler and np.any(tau < dt * (1 - 1e-9)):
        raise InputError(f"node {name!r}: {key} = {tau.min():g} s is below the step of {dt:g} s, with which an Euler step overshoots; read it with a dt of at most {tau.min():g}, or with discretisation=\"exact\"")
    np.maximum(tau, dt, out=tau) if euler else None  # a rounding error below dt


def _check_reset(name, neurons):
    wrong = np.flatnonzero(neurons.v_reset >= neurons.threshold)
    if len(wrong):
        k = int(wrong[0])
        raise InputError(f"node {name!r}: v_reset = {neurons.v_reset[k]:g} of element {k} is not below v_threshold = {neurons.threshold[k]:g}: it would fire in every step; lower v_reset")
