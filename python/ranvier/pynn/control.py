# SPDX-License-Identifier: Apache-2.0
"""Setting up, running, ending."""
from pyNN import common
from pyNN.common.control import DEFAULT_MIN_DELAY, DEFAULT_TIMESTEP
from pyNN.recording import get_io

from . import simulator


def setup(timestep=DEFAULT_TIMESTEP, min_delay=DEFAULT_MIN_DELAY, **extra_params):
    """Begins anew: to be called before anything else. Returns the rank, 0.

    timestep    in ms
    min_delay   "auto", or the delay of synapses that are given none, in ms

    Of this simulator alone:
      threads     the faster number where not given; results are the same for any
      rng_seed    of random inputs, 42. (Connectors and distributions have generators of their own.)
      precision   "double", or "single": half the memory and more speed for large networks; weights then have 16 bits

    What other simulators ask for besides is ignored.
    """
    common.setup(timestep, min_delay, **extra_params)
    seeds = [extra_params[key] for key in ("rng_seed", "seed", "grng_seed") if extra_params.get(key) is not None]
    precision = extra_params.get("precision", "double")
    if precision not in ("double", "single"):
        raise ValueError(f'precision = {precision!r}: must be "double" or "single"')
    simulator.state.clear(timestep, min_delay, extra_params.get("max_delay", "auto"), extra_params.get("threads"), int(seeds[0]) if seeds else 42, precision)
    return rank()


def end(compatible_output=True):
    """Writes what was to be written at the end. Recorded data can still be looked at."""
    for population, variables, filename in simulator.state.write_on_end:
        population.write_data(get_io(filename), variables)
    simulator.state.write_on_end = []


run, run_until = common.build_run(simulator)
run_for = run
reset = common.build_reset(simulator)
initialize = common.initialize
get_current_time, get_time_step, get_min_delay, get_max_delay, num_processes, rank = common.build_state_queries(simulator)
