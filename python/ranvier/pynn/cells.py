# SPDX-License-Identifier: Apache-2.0
"""PyNN's standard cells as membranes with receptors.

Parameters stay as PyNN has them (names, and nF, nA, uS) until the network is built; `membrane_of` and `receptors_of` turn them into pF, pA and nS then.
"""
import numpy as np
from pyNN import errors
from pyNN.parameters import ParameterSpace
from pyNN.standardmodels import build_translations, cells
from copy import deepcopy

NANO = 1000.0  # nF, nA, uS in pF, pA, nS

EXPONENTIAL, ALPHA = "exponential", "alpha"


def same(value):
    """One number where all cells have it, else the array."""
    value = np.asarray(value)
    return float(value.flat[0]) if value.ndim == 0 or (value == value.flat[0]).all() else value.astype(float)


class Model:
    """What all cells, sources and parts of cells have: PyNN's parameters are the native ones."""

    def __init_subclass__(cls, **keys):
        super().__init_subclass__(**keys)
        cls.translations = build_translations(*((name, name) for name in getattr(cls, "default_parameters", {})))

    def translate(self, parameters, copy=True):
        return deepcopy(parameters) if copy else parameters

    def reverse_translate(self, native_parameters):
        return native_parameters


class Cell(Model):
    """A cell with a membrane.

    membrane    its name
    states      {PyNN's variable: (the network's, factor from PyNN's unit)}
    """

    is_source = own_spikes = False
    standard_receptor_type = True

    def check(self, name, value):
        """Raises InvalidParameterValueError where no cell could have such a value."""

    def takes(self, names):
        """Whether a running network can be given other values of these parameters."""
        return False

    def weight_factor(self, receptor):
        """From PyNN's unit of weights to the network's."""
        return 1.0 if getattr(self, "voltage_based_synapses", False) else NANO

    def own_projections(self, P, dt):
        """Synapses of each cell onto itself: [(receptor, weights)]."""
        return []

    def tau_of(self, P, receptor):
        """Time constant of what a synapse onto a receptor causes, one or [size]; None where it is a jump."""
        for r in self.receptors_of(P):
            if r["name"] == receptor:
                return r.get("tau_syn")
        return None

    def receptor_name(self, receptor):
        return receptor

    def spikes_of(self, population, piece, first_step, last_step):
        """(cells, times in ms) of the spikes in a piece of a run."""
        times, neurons = piece.spikes(population.network_name)
        return neurons, times


def _leaky(P):
    return {"tau_m": P["tau_m"], "C_m": P["cm"] * NANO, "E_L": P["v_rest"], "V_th": P["v_thresh"], "V_reset": P["v_reset"], "t_ref": P["tau_refrac"],
            "I_e": P["i_offset"] * NANO}


def _adex(P):
    return {"C_m": P["cm"] * NANO, "g_L": P["cm"] / P["tau_m"] * NANO, "E_L": P["v_rest"], "V_T": P["v_thresh"], "Delta_T": P["delta_T"], "tau_w": P["tau_w"],
            "a": P["a"], "b": P["b"] * NANO, "V_reset": P["v_reset"], "V_peak": P["v_spike"], "t_ref": P["tau_refrac"], "I_e": P["i_offset"] * NANO}


def _two(kind, P, conductance):
    """The two receptors of most standard cells."""
    out = [{"name": "excitatory", "kind": kind, "tau_syn": P["tau_syn_E"]}, {"name": "inhibitory", "kind": kind, "tau_syn": P["tau_syn_I"]}]
    if conductance:
        out[0].update(conductance=True, E_rev=P["e_rev_E"])
        out[1].update(conductance=True, E_rev=P["e_rev_I"])
    return out


V = {"v": ("V_m", 1.0)}
CURRENTS = {"isyn_exc": ("excitatory.I", NANO), "isyn_inh": ("inhibitory.I", NANO)}
CONDUCTANCES = {"gsyn_exc": ("excitatory.I", NANO), "gsyn_inh": ("inhibitory.I", NANO)}
W = {"w": ("w", NANO)}


class IF_curr_exp(Cell, cells.IF_curr_exp):
    __doc__ = cells.IF_curr_exp.__doc__
    membrane, states = "leaky", {**V, **CURRENTS}
    recordable = ["spikes", "v", "isyn_exc", "isyn_inh"]
    kind = EXPONENTIAL

    def membrane_of(self, P):
        return _leaky(P)

    def receptors_of(self, P):
        return _two(self.kind, P, self.conductance_based)


class IF_curr_alpha(IF_curr_exp, cells.IF_curr_alpha):
    __doc__ = cells.IF_curr_alpha.__doc__
    default_parameters = cells.IF_curr_alpha.default_parameters
    kind = ALPHA


class IF_cond_exp(Cell, cells.IF_cond_exp):
    __doc__ = cells.IF_cond_exp.__doc__
    membrane, states = "leaky", {**V, **CONDUCTANCES}
    kind = EXPONENTIAL

    def membrane_of(self, P):
        return _leaky(P)

    def receptors_of(self, P):
        return _two(self.kind, P, True)


class IF_cond_alpha(IF_cond_exp, cells.IF_cond_alpha):
    __doc__ = cells.IF_cond_alpha.__doc__
    default_parameters = cells.IF_cond_alpha.default_parameters
    kind = ALPHA


class IF_curr_delta(Cell, cells.IF_curr_delta):
    __doc__ = cells.IF_curr_delta.__doc__
    membrane, states = "leaky", V

    def membrane_of(self, P):
        return _leaky(P)

    def receptors_of(self, P):
        return [{"name": "v", "kind": "delta"}]

    def receptor_name(self, receptor):
        return "v"


class IF_cond_exp_gsfa_grr(Cell, cells.IF_cond_exp_gsfa_grr):
    __doc__ = cells.IF_cond_exp_gsfa_grr.__doc__
    membrane, states = "leaky", {**V, **CONDUCTANCES, "g_s": ("sfa.I", 1.0), "g_r": ("rr.I", 1.0)}

    def membrane_of(self, P):
        return _leaky(P)

    def receptors_of(self, P):
        return _two(EXPONENTIAL, P, True) + [{"name": name, "kind": EXPONENTIAL, "conductance": True, "tau_syn": P["tau_" + name], "E_rev": P["e_rev_" + name]}
                                             for name in ("sfa", "rr")]

    def own_projections(self, P, dt):
        """A spike raises the cell's own conductances. A synapse takes a step to do so, in which the cell is refractory: the decay of that step is all that is missing."""
        return [(name, P["q_" + name] * np.exp(-dt / P["tau_" + name])) for name in ("sfa", "rr")]


class IF_facets_hardware1(Cell, cells.IF_facets_hardware1):
    __doc__ = cells.IF_facets_hardware1.__doc__
    membrane, states = "leaky", {**V, **CONDUCTANCES}

    def membrane_of(self, P):
        C_m = 200.0
        return {"tau_m": C_m / P["g_leak"], "C_m": C_m, "E_L": P["v_rest"], "V_th": P["v_thresh"], "V_reset": P["v_reset"], "t_ref": 1.0}

    def receptors_of(self, P):
        return _two(EXPONENTIAL, {**P, "e_rev_E": 0.0}, True)


class EIF_cond_exp_isfa_ista(Cell, cells.EIF_cond_exp_isfa_ista):
    __doc__ = cells.EIF_cond_exp_isfa_ista.__doc__
    membrane, states = "adex", {**V, **W, **CONDUCTANCES}
    kind = EXPONENTIAL

    def membrane_of(self, P):
        return _adex(P)

    def receptors_of(self, P):
        return _two(self.kind, P, True)


class EIF_cond_alpha_isfa_ista(EIF_cond_exp_isfa_ista, cells.EIF_cond_alpha_isfa_ista):
    __doc__ = cells.EIF_cond_alpha_isfa_ista.__doc__
    default_parameters = cells.EIF_cond_alpha_isfa_ista.default_parameters
    kind = ALPHA


class HH_cond_exp(Cell, cells.HH_cond_exp):
    __doc__ = cells.HH_cond_exp.__doc__
    membrane, states = "hh_traub", {**V, **CONDUCTANCES, "m": ("m", 1.0), "h": ("h", 1.0), "n": ("n", 1.0)}
    recordable = ["spikes", "v", "gsyn_exc", "gsyn_inh", "m", "h", "n"]
    receptor_types = ("excitatory", "inhibitory")

    def membrane_of(self, P):
        # A spike is where the potential turns above v_offset + 30 mV, not more often than every 2 ms: as NEST's hh_cond_exp_traub has it.
        return {"C_m": P["cm"] * NANO, "g_Na": P["gbar_Na"] * NANO, "g_K": P["gbar_K"] * NANO, "g_L": P["g_leak"] * NANO, "E_Na": P["e_rev_Na"], "E_K": P["e_rev_K"],
                "E_L": P["e_rev_leak"], "V_T": P["v_offset"], "V_th": P["v_offset"] + 30.0, "t_ref": 2.0, "detection": 2, "I_e": P["i_offset"] * NANO}

    def receptors_of(self, P):
        return _two(EXPONENTIAL, P, True)


class Izhikevich(Cell, cells.Izhikevich):
    __doc__ = cells.Izhikevich.__doc__
    membrane, states = "izhikevich", {"v": ("v", 1.0), "u": ("u", 1.0)}

    def membrane_of(self, P):
        return {"a": P["a"], "b": P["b"], "c": P["c"], "d": P["d"], "I_e": P["i_offset"] * NANO, "integrator": 1}

    def receptors_of(self, P):
        return [{"name": "v", "kind": "delta"}]

    def receptor_name(self, receptor):
        return "v"


# --- cells put together


class LIF(Model, cells.LIF):
    __doc__ = cells.LIF.__doc__
    membrane, states = "leaky", V
    membrane_of = staticmethod(_leaky)


class AdExp(Model, cells.AdExp):
    __doc__ = cells.AdExp.__doc__
    membrane, states = "adex", {**V, **W}
    membrane_of = staticmethod(_adex)


class PointNeuron(Cell, cells.PointNeuron):
    """A membrane (LIF or AdExp) with receptors of one's choice: PointNeuron(AdExp(...), AMPA=AlphaPSR(...), GABAA=AlphaPSR(...))."""

    standard_receptor_type = False
    injectable = True

    @property
    def membrane(self):
        return self.neuron.membrane

    @property
    def states(self):
        out = dict(self.neuron.states)
        for name, receptor in self.post_synaptic_receptors.items():
            out.update({f"{name}.{variable}": (f"{name}.I", NANO) for variable in receptor.recordable})
        return out

    @property
    def conductance_based(self):
        kinds = {receptor.conductance_based for receptor in self.post_synaptic_receptors.values()}
        if len(kinds) > 1:
            raise errors.NoModelAvailableError("conductances and currents cannot be mixed in one cell: PyNN would not know the sign of weights")
        return kinds.pop()

    @property
    def parameter_names(self):
        return list(self.neuron.default_parameters) + [f"{name}.{p}" for name, r in self.post_synaptic_receptors.items() for p in r.default_parameters if p != "locations"]

    def get_parameter_names(self):
        return self.parameter_names

    def has_parameter(self, name):
        return name in self.parameter_names

    def get_schema(self):
        receptors = {name: receptor.get_schema() for name, receptor in self.post_synaptic_receptors.items()}
        return {**self.neuron.get_schema(), **receptors, **{f"{name}.{p}": kind for name, schema in receptors.items() for p, kind in schema.items()}}

    @property
    def native_parameters(self):
        values = {name: value for name, value in self.neuron.parameter_space.items()}
        for name, receptor in self.post_synaptic_receptors.items():
            for p, value in receptor.parameter_space.items():
                if p != "locations":
                    values[f"{name}.{p}"] = value
        return deepcopy(ParameterSpace(values, shape=None))

    def computed_parameters_include(self, parameter_names):
        return False

    def get_native_names(self, *names):
        return list(names) or self.parameter_names

    def membrane_of(self, P):
        return self.neuron.membrane_of(P)

    def receptors_of(self, P):
        return [receptor.receptor(name, {p: P[f"{name}.{p}"] for p in receptor.default_parameters if p != "locations"})
                for name, receptor in sorted(self.post_synaptic_receptors.items())]
