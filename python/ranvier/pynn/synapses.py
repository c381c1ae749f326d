# SPDX-License-Identifier: Apache-2.0
"""PyNN's synapse types as the network's rules of synapses."""
import numpy as np
from pyNN import errors
from pyNN.standardmodels import build_translations, synapses

from .cells import Model
from .simulator import state

NEVER = 1e-12  # a potentiation too small to move a weight, where depression alone is asked for


class Synapse(Model):
    """What all do.

    of_weight   the weights of such synapses change while the network runs
    """

    of_weight = False

    def _get_minimum_delay(self):
        return state.default_delay

    def rule(self, values, weight_factor, tau_syn):
        """{rule: its parameters} of synapses that have all parameters in common; None where they are static.

        values    {PyNN's name: number}, in PyNN's units
        tau_syn   time constant of the receptor, in ms; None where the potential jumps
        """
        return None


class StaticSynapse(Synapse, synapses.StaticSynapse):
    __doc__ = synapses.StaticSynapse.__doc__


class TsodyksMarkramSynapse(Synapse, synapses.TsodyksMarkramSynapse):
    __doc__ = synapses.TsodyksMarkramSynapse.__doc__

    def rule(self, values, weight_factor, tau_syn):
        common = {"U": values["U"], "tau_rec": values["tau_rec"], "tau_fac": values["tau_facil"]}
        return {"tsodyks_markram": common} if tau_syn is None else {"tsodyks": {**common, "tau_psc": tau_syn}}


class STDPMechanism(Synapse, synapses.STDPMechanism):
    __doc__ = synapses.STDPMechanism.__doc__
    of_weight = True
    base_translations = build_translations(("weight", "weight"), ("delay", "delay"), ("dendritic_delay_fraction", "dendritic_delay_fraction"))

    def _build_translations(self):
        self.translations = dict(self.base_translations)
        for component in (self.timing_dependence, self.weight_dependence):
            if component:
                self.translations.update(component.translations)
        if self.voltage_dependence:
            raise NotImplementedError("no voltage dependence is available for this simulator")

    @property
    def native_parameters(self):
        return self.parameter_space

    def rule(self, values, weight_factor, tau_syn):
        return self.timing_dependence.rule(values, weight_factor, self.weight_dependence)


class _WeightDependence(Model):
    possible_models = {"stdp"}

    def _no_minimum(self, w_min):
        if w_min != 0:
            raise errors.InvalidParameterValueError(f"w_min = {w_min}: only 0 is supported")


class AdditiveWeightDependence(_WeightDependence, synapses.AdditiveWeightDependence):
    __doc__ = synapses.AdditiveWeightDependence.__doc__

    def __init__(self, w_min=0.0, w_max=1.0):
        self._no_minimum(w_min)
        super().__init__(w_min, w_max)

    def exponents(self, values):
        """How potentiation and depression depend on the weight."""
        return 0.0, 0.0


class MultiplicativeWeightDependence(_WeightDependence, synapses.MultiplicativeWeightDependence):
    __doc__ = synapses.MultiplicativeWeightDependence.__doc__

    def __init__(self, w_min=0.0, w_max=1.0):
        self._no_minimum(w_min)
        super().__init__(w_min, w_max)

    def exponents(self, values):
        return 1.0, 1.0


class AdditivePotentiationMultiplicativeDepression(_WeightDependence, synapses.AdditivePotentiationMultiplicativeDepression):
    __doc__ = synapses.AdditivePotentiationMultiplicativeDepression.__doc__

    def __init__(self, w_min=0.0, w_max=1.0):
        self._no_minimum(w_min)
        super().__init__(w_min, w_max)

    def exponents(self, values):
        return 0.0, 1.0


class GutigWeightDependence(_WeightDependence, synapses.GutigWeightDependence):
    __doc__ = synapses.GutigWeightDependence.__doc__

    def __init__(self, w_min=0.0, w_max=1.0, mu_plus=0.5, mu_minus=0.5):
        self._no_minimum(w_min)
        super().__init__(w_min, w_max, mu_plus, mu_minus)

    def exponents(self, values):
        return values["mu_plus"], values["mu_minus"]


class SpikePairRule(Model, synapses.SpikePairRule):
    __doc__ = synapses.SpikePairRule.__doc__
    possible_models = {"stdp"}

    def rule(self, values, weight_factor, weight_dependence):
        A_plus, A_minus = values["A_plus"], values["A_minus"]
        if A_plus < 0 or A_minus < 0:
            raise errors.InvalidParameterValueError(f"A_plus = {A_plus}, A_minus = {A_minus}: must be >= 0")
        step = max(A_plus, NEVER)
        mu_plus, mu_minus = weight_dependence.exponents(values)
        return {"stdp": {"lambda": step, "alpha": A_minus / step, "mu_plus": mu_plus, "mu_minus": mu_minus, "tau_plus": values["tau_plus"],
                         "tau_minus": values["tau_minus"], "w_max": abs(values["w_max"]) * weight_factor}}


def groups(columns, n):
    """Synapses by what they have in common.

    columns   {name: one number or [n]}
    Returns [(indices or slice, {name: number})]
    """
    varying = {name: np.asarray(value, dtype=float) for name, value in columns.items() if np.ndim(value) and not (np.asarray(value) == np.asarray(value).flat[0]).all()}
    fixed = {name: float(np.asarray(value).flat[0]) for name, value in columns.items() if name not in varying}
    if not varying:
        return [(slice(None), fixed)]
    rows, which = np.unique(np.column_stack(list(varying.values())), axis=0, return_inverse=True)
    return [(np.nonzero(which.ravel() == k)[0], {**fixed, **dict(zip(varying, map(float, row)))}) for k, row in enumerate(rows)]
