# SPDX-License-Identifier: Apache-2.0
"""Texts with units to numbers."""
import math
import numbers

from . import _core
from .errors import InputError


def quantity(value, unit: str) -> float:
    """The number of `unit`s in a quantity: quantity("0.5 s", "ms") is 500. A plain number is taken to be in that unit.

    Raises InputError where the text is no number with a unit of that dimension, and where the number is not finite.
    """
    if isinstance(value, str):
        return _core.quantity(value, unit)
    if isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise InputError(f"{value!r}: must be a number of {unit}, or a text with a unit such as \"20 {unit}\"")


def ms(value) -> float:
    """The number of milliseconds in a time: ms("1 s") is 1000."""
    return quantity(value, "ms")
