# SPDX-License-Identifier: Apache-2.0
"""All parts of a PyNN script as one ranvier.Network, built when something runs, and kept up to date after that."""
import numpy as np

from ..errors import InputError
from ..network import Network
from .cells import NANO, same


def bring_up_to_date(state, end):
    """Makes the simulation what the script says now, ready to run up to step `end`."""
    sources = [p for p in state.populations if p.celltype.is_source]
    for population in sources:
        population.celltype.prepare(population, state, end)
    for current in state.current_sources:
        current._prepare(end)
    if state.sim is not None and not state.stale:
        try:
            _tell(state, sources)
        except InputError:  # more than it was built for: build one that has room
            state.stale = True
    if state.sim is None or state.stale:
        _build(state)
        _tell(state, sources)
    for population in state.populations:
        population._changed.clear()


def _tell(state, sources):
    """Gives the running network what it can take."""
    for population in sources:
        population.celltype.tell(population, state)
    changes = {_offset_name(p): {"amplitude": _offset(p)} for p in state.populations if p._offset_is_input and "i_offset" in p._changed}
    for current in state.current_sources:
        changes.update(current._changes())
    if changes:
        state.sim.change_inputs(changes)


def _build(state):
    """Builds the network; after time 0 it goes on from the state of the one before."""
    before = state.sim
    parts = [(projection, part) for projection in state.projections for part in projection._make_parts()]
    parts.sort(key=lambda pair: pair[1].rule is None)  # those with a state first: their numbers stay as they are
    net = _describe(state, parts)
    if before is None:
        state.sim = net.build(threads=state.threads)
    else:
        changed = [p for p in state.populations if p._changed and p.celltype.states and p.index < state.built]
        potential = {}
        for population in changed:
            _check_shared(state, population)
            there = population.celltype.states["v"][0]
            potential[population] = before.get(population.network_name, there)
            before.set(population.network_name, there, potential[population])  # wakes who sleeps: with other parameters sleep would end elsewhere
        renew = [part.name for projection, part in parts if projection._renewed]
        state.sim = net.build(threads=state.threads, resume=before, renew=renew)
        for population, values in potential.items():  # kept relative to the resting potential, which may be another now
            state.sim.set(population.network_name, population.celltype.states["v"][0], values)
    for projection in state.projections:
        projection._renewed = False
    state.built, state.stale = len(state.populations), False
    state.shared = {p: _shared(p) for p in state.populations if p.celltype.states}


def _describe(state, parts):
    simulation = {"precision": state.precision}
    if state.segment_counter > 0:  # other noise after each reset()
        simulation["seed_input"] = (state.seed * 1_000_003 + state.segment_counter) % (1 << 31)
    net = Network("PyNN", dt=state.dt, seed=state.seed, **simulation)
    own = []
    state.empty = state.empty or not state.populations
    if state.empty:  # time passes even where nothing is
        net.population("nothing", 1, "spike_train")
    for population in state.populations:
        if population.celltype.is_source:
            population.celltype.add_to(net, population)
        else:
            own += _cells(population, net, state.dt)
    for number, (projection, part) in enumerate(parts):
        part.number = number if part.rule else None
        projection._describe(net, part)
    for population, receptor, weights in own:
        net.project(population.network_name, population.network_name, "one_to_one", weight=same(weights), delay=state.dt, receptor=receptor, name=f"{population.index}.{receptor}")
    for current in state.current_sources:
        current._describe(net)
    for recorder in sorted(state.recorders, key=lambda r: r.population.index):
        recorder._ask(net)
    net._tree.setdefault("recordings", [])  # nothing, where nothing is asked for
    return net


def _cells(population, net, dt):
    """Adds a population of cells; returns the synapses that each has onto itself."""
    celltype, P = population.celltype, population._parameters
    P = {name: np.asarray(value, dtype=float) for name, value in P.items()}
    params = {name: same(value) for name, value in celltype.membrane_of(P).items()}
    receptors = [{key: value if isinstance(value, (str, bool)) else same(value) for key, value in receptor.items()} for receptor in celltype.receptors_of(P)]
    initial = {}
    for variable, value in population.initial_values.items():
        there, factor = celltype.states[variable]
        initial[there] = same(value.evaluate(simplify=False) * factor)
    # Receptors that share a state have one value: it is given by those that are not 0.
    initial = {there: value for there, value in initial.items() if "." not in there or np.any(value)}
    if population._offset_is_input:
        params["I_e"] = 0.0
        net.input("dc", population.network_name, _offset_name(population), amplitude=_offset(population))
    net.population(population.network_name, population.size, membrane=celltype.membrane, receptors=receptors, params=params, initial=initial)
    return [(population, receptor, weights) for receptor, weights in celltype.own_projections(P, dt)]


def _offset_name(population):
    return f"i_offset {population.index}"


def _offset(population):
    return same(np.asarray(population._parameters["i_offset"], dtype=float) * NANO)


def _shared(population):
    """Which receptors are alike, and so share one state in the network: [number of the first that is like this one]."""
    P = {name: np.asarray(value, dtype=float) for name, value in population._parameters.items()}
    kinds = [tuple(sorted((key, value if isinstance(value, (str, bool)) else np.broadcast_to(value, (population.size,)).tobytes()) for key, value in r.items() if key != "name"))
             for r in population.celltype.receptors_of(P)]
    return [kinds.index(kind) for kind in kinds]


def _check_shared(state, population):
    if population in state.shared and state.shared[population] != _shared(population):
        raise RuntimeError(f"{population.label}: time constants of receptors that were equal cannot be made different (or the other way round) while the network runs, "
                           "since what they have received is not told apart; reset() first")
