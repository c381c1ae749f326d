# SPDX-License-Identifier: Apache-2.0
"""What models there are."""
from . import _core


def models(name: str = None):
    """All models, or the one of a name, as dicts.

    Keys: kind ("membrane", "receptor", "source", "synapse", "pair": a membrane with its receptors), name, title; for all but pairs also equations,
    parameters [(name, default, unit, meaning)], state [(name, unit, meaning)], numerics and source. `ranvier models` prints the same.

    Raises KeyError where no model has that name.
    """
    every = _core.models()
    if name is None:
        return every
    for model in every:
        if model["name"] == name:
            return model
    raise KeyError(f"no model is called {name!r}; ranvier.models() lists all")
