# SPDX-License-Identifier: Apache-2.0
"""What is being simulated: the one state that all parts of a PyNN script share.

Populations, projections, current sources and recordings are only noted down until something runs. Then they become one ranvier.Network (assemble.py). A
change between two runs is given to the running network where it can take it; for any other the network is built anew and goes on from the state of the old
one, so that a script may change whatever PyNN lets it change.
"""
import numpy as np
from pyNN import common

name = "Ranvier"


class ID(int, common.IDMixin):
    """A cell."""

    def __init__(self, n):
        common.IDMixin.__init__(self)


class State(common.control.BaseState):
    """The time, the parts of the network, and the simulation once there is one."""

    def __init__(self):
        super().__init__()
        self.num_processes, self.mpi_rank = 1, 0
        self.clear()

    # --- what setup() sets

    def clear(self, timestep=0.1, min_delay="auto", max_delay="auto", threads=None, seed=42, precision="double"):
        """Forgets all parts and begins anew."""
        self.dt = timestep
        self.min_delay_given, self.max_delay_given = min_delay, max_delay
        self.threads, self.seed, self.precision = threads, seed, precision
        self.recorders, self.write_on_end = set(), []
        self.populations, self.projections, self.current_sources = [], [], []
        self.id_counter = 1
        self.segment_counter = -1
        self.reset()

    def reset(self):
        """Back to time 0: the next run builds the network again, and draws other numbers for its random inputs."""
        self.step = 0
        self.running = False
        self.t_start = 0
        self.segment_counter += 1
        self.sim = None
        self.stale = False      # True: it has to be built anew
        self.built = 0          # how many populations it has
        self.empty = False      # True: it had none at first
        for part in [*self.recorders, *self.current_sources, *self.populations, *self.projections]:
            part._begin()

    # --- time

    @property
    def t(self):
        return round(self.step * self.dt, 9)

    def steps(self, t_ms):
        """The step nearest to a time, or to each of an array."""
        return np.rint(np.asarray(t_ms, dtype=float) / self.dt).astype(np.int64)

    def _delays(self):
        delays = [np.asarray(p._values["delay"]) for p in self.projections if len(p) and "delay" in p._values]
        return (min(d.min() for d in delays), max(d.max() for d in delays)) if delays else (self.dt, self.dt)

    @property
    def min_delay(self):
        """In ms; where setup() was given "auto": the shortest of the network."""
        return self._delays()[0] if self.min_delay_given == "auto" else self.min_delay_given

    @property
    def max_delay(self):
        return self._delays()[1] if self.max_delay_given == "auto" else self.max_delay_given

    @property
    def default_delay(self):
        """The delay of a synapse that is given none."""
        return self.dt if self.min_delay_given == "auto" else self.min_delay_given

    # --- running

    def run(self, simtime):
        self.run_until(self.t + simtime)

    def run_until(self, tstop):
        """Runs on to a time, in pieces where an input has something new to say in between."""
        from .assemble import bring_up_to_date

        last = int(self.steps(tstop))
        self.running = True
        while self.step < last:
            end = min([last, *(s for p in self.populations for s in p._breaks() if self.step < s < last)])
            bring_up_to_date(self, end)
            first = self.step
            try:
                self.sim.run((end - first) * self.dt, progress=False)
            finally:  # Ctrl-C leaves what was done until then
                self.step = int(self.steps(self.sim.time))
                if self.step > first:
                    for recorder in self.recorders:
                        recorder._take(self.sim.pieces[-1], first, self.step)


state = State()
