# SPDX-License-Identifier: Apache-2.0
"""The planner: what a network or a language model costs on any hardware."""
import json

from .command import ranvier
from .tree import plain

OPTIONS = ("on", "metric", "sweep", "constants", "sensitivity", "explain")                # of every workload; other keywords are its parameters
OF_NETWORK = ("set", "duration", "warmup", "rate", "threads", "on", "explain")


def plan(workload: str, *words, **keywords) -> dict:
    """What `ranvier plan WORKLOAD ...` says, as a dict.

        ranvier.plan("llm_serve", "llama-3-70b", on="2xh100", quant="Q4_K_M")
        ranvier.plan("brain", brain="mouse", on="h100")
        ranvier.plan("network", "examples/microcircuit.toml", set={"scale": 0.1})

    words      of the command, in order
    keywords   on, metric, sweep, ... are its options (a list gives one several times); all others are parameters of the workload: quant="Q4_K_M"

    Raises InputError where the command refuses them, with its words. `ranvier plan --list` names workloads and their parameters, docs/plan.md
    explains what comes back.
    """
    line = ["plan", workload, *map(str, words)]
    known = OF_NETWORK if workload == "network" else OPTIONS
    for name, value in plain(keywords, workload).items():
        if isinstance(value, dict):
            value = [f"{key}={item}" for key, item in value.items()]
        for one in value if isinstance(value, list) else [value]:
            if name not in known:
                line.append(f"{name}={one}")
            elif one is True:
                line.append("--" + name)
            elif one is not None and one is not False:
                line += ["--" + name, str(one)]
    return json.loads(ranvier(*line, "--json"))
