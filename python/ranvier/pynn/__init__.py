# SPDX-License-Identifier: Apache-2.0
"""A PyNN backend: `import ranvier.pynn as sim` runs scripts written for PyNN (0.12 or later; pip install PyNN neo).

docs/pynn.md says what differs from other backends. Scripts that take the simulator's name from the command line run by `python -m ranvier.pynn SCRIPT ranvier ...`;
once this module has been imported, `pyNN.ranvier` is another name of it.
"""
try:
    import pyNN
except ImportError as error:
    raise ImportError("ranvier.pynn needs PyNN: pip install 'PyNN>=0.12' neo") from error
import sys

from pyNN import common, errors, random, space  # noqa: F401
from pyNN.network import Network  # noqa: F401
from pyNN.random import GSLRNG, NumpyRNG, RandomDistribution  # noqa: F401
from pyNN.recording import get_io  # noqa: F401
from pyNN.space import Space  # noqa: F401
from pyNN.standardmodels import ModelNotAvailable, StandardCellType

from . import simulator  # noqa: F401
from .cells import (AdExp, EIF_cond_alpha_isfa_ista, EIF_cond_exp_isfa_ista, HH_cond_exp, IF_cond_alpha, IF_cond_exp, IF_cond_exp_gsfa_grr, IF_curr_alpha,  # noqa: F401
                    IF_curr_delta, IF_curr_exp, IF_facets_hardware1, Izhikevich, LIF, PointNeuron)
from .connectors import (AllToAllConnector, ArrayConnector, CloneConnector, CSAConnector, DisplacementDependentProbabilityConnector,  # noqa: F401
                         DistanceDependentProbabilityConnector, FixedNumberPostConnector, FixedNumberPreConnector, FixedProbabilityConnector, FixedTotalNumberConnector,
                         FromFileConnector, FromListConnector, IndexBasedProbabilityConnector, OneToOneConnector, SmallWorldConnector)
from .control import (end, get_current_time, get_max_delay, get_min_delay, get_time_step, initialize, num_processes, rank, reset, run, run_for, run_until,  # noqa: F401
                      setup)
from .electrodes import ACSource, DCSource, NoisyCurrentSource, StepCurrentSource  # noqa: F401
from .populations import Assembly, Population, PopulationView  # noqa: F401
from .projections import Projection  # noqa: F401
from .receptors import (AlphaPSR, BetaPSR, CondAlphaPostSynapticResponse, CondBetaPostSynapticResponse, CondExpPostSynapticResponse,  # noqa: F401
                        CurrExpPostSynapticResponse, ExpPSR)
from .rng import NativeRNG  # noqa: F401
from .sources import SpikeSourceArray, SpikeSourceGamma, SpikeSourcePoisson, SpikeSourcePoissonRefractory  # noqa: F401
from .synapses import (AdditivePotentiationMultiplicativeDepression, AdditiveWeightDependence, GutigWeightDependence, MultiplicativeWeightDependence,  # noqa: F401
                       SpikePairRule, StaticSynapse, STDPMechanism, TsodyksMarkramSynapse)

create = common.build_create(Population)
connect = common.build_connect(Projection, FixedProbabilityConnector, StaticSynapse)
record = common.build_record(simulator)
set = common.set


def record_v(source, filename):
    """Records the membrane potential to a file."""
    return record(["v"], source, filename)


def record_gsyn(source, filename):
    """Records synaptic conductances to a file."""
    return record(["gsyn_exc", "gsyn_inh"], source, filename)


def list_standard_models():
    """The names of all cell types that are there."""
    return [name for name, kind in globals().items() if isinstance(kind, type) and issubclass(kind, StandardCellType) and kind is not StandardCellType]


def _unavailable(name):
    """A standard model that is not there: PyNN's way of saying so."""
    return type(name, (ModelNotAvailable,), {"__doc__": ModelNotAvailable.__doc__})


GIF_cond_exp, SpikeSourceInhGamma, MultiCompartmentNeuron, SimpleStochasticSynapse, StochasticTsodyksMarkramSynapse, MultiQuantalSynapse, ElectricalSynapse, Vogels2011Rule = map(
    _unavailable, ("GIF_cond_exp", "SpikeSourceInhGamma", "MultiCompartmentNeuron", "SimpleStochasticSynapse", "StochasticTsodyksMarkramSynapse", "MultiQuantalSynapse",
                   "ElectricalSynapse", "Vogels2011Rule"))

sys.modules["pyNN.ranvier"] = pyNN.ranvier = sys.modules[__name__]
