# SPDX-License-Identifier: Apache-2.0
"""PyNN's post-synaptic responses, for cells that are put together (cells.PointNeuron)."""
from pyNN.standardmodels import receptors

from .cells import ALPHA, EXPONENTIAL, Model


class CurrExpPostSynapticResponse(Model, receptors.CurrExpPostSynapticResponse):
    __doc__ = receptors.CurrExpPostSynapticResponse.__doc__
    recordable = ["isyn"]

    def receptor(self, name, P):
        """The network's receptor of a name, with parameters `P`."""
        return {"name": name, "kind": EXPONENTIAL, "tau_syn": P["tau_syn"]}


class CondExpPostSynapticResponse(Model, receptors.CondExpPostSynapticResponse):
    __doc__ = receptors.CondExpPostSynapticResponse.__doc__
    recordable = ["gsyn"]

    def receptor(self, name, P):
        return {"name": name, "kind": EXPONENTIAL, "conductance": True, "tau_syn": P["tau_syn"], "E_rev": P["e_syn"]}


class CondAlphaPostSynapticResponse(Model, receptors.CondAlphaPostSynapticResponse):
    __doc__ = receptors.CondAlphaPostSynapticResponse.__doc__
    recordable = ["gsyn"]

    def receptor(self, name, P):
        return {"name": name, "kind": ALPHA, "conductance": True, "tau_syn": P["tau_syn"], "E_rev": P["e_syn"]}


class CondBetaPostSynapticResponse(Model, receptors.CondBetaPostSynapticResponse):
    __doc__ = receptors.CondBetaPostSynapticResponse.__doc__
    recordable = ["gsyn"]

    def get_schema(self):
        return {name: float for name in self.default_parameters}

    def receptor(self, name, P):
        return {"name": name, "kind": "double_exponential", "conductance": True, "tau_rise": P["tau_rise"], "tau_decay": P["tau_decay"], "E_rev": P["e_syn"]}


ExpPSR = CondExpPostSynapticResponse
AlphaPSR = CondAlphaPostSynapticResponse
BetaPSR = CondBetaPostSynapticResponse
