# SPDX-License-Identifier: Apache-2.0
"""A pytest plug-in that runs PyNN's own system tests with ranvier.pynn in place of the simulators they name.

PYNN_TESTS is the folder `test` of PyNN's source distribution, where the package `system` is.
"""
import os
import sys

import pytest

import ranvier.pynn


class Simulator:
    """ranvier.pynn under a name that none of the tests takes for another simulator's."""

    __name__ = "ranvier"

    def __getattr__(self, name):
        return getattr(ranvier.pynn, name)

    def __str__(self):
        return "ranvier"


def run_with_simulators(*names):
    return pytest.mark.parametrize("sim", [pytest.param(Simulator(), id="ranvier")])


def pytest_configure(config):
    sys.path.insert(0, os.environ["PYNN_TESTS"])
    from system.scenarios import fixtures

    fixtures.run_with_simulators = run_with_simulators
