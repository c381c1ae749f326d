# SPDX-License-Identifier: Apache-2.0
"""What a person writes in Python, as the plain objects that the reader of network files takes."""
import os

import numpy as np

from .errors import InputError


def plain(value, path: str):
    """`value` with names in place of populations, and arrays as float64 or int64 in C order.

    Raises InputError for what has no place in a network, with the path of it.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(item, f"{path}.{key}" if path else str(key)) for key, item in value.items()}
    if hasattr(value, "network_name"):
        return value.network_name
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{path}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "__array__"):
        return array(np.asarray(value), path)
    raise InputError(f"{path}: a network has no place for a {type(value).__name__}; give a number, a text such as \"20 ms\", a list, a dict or an array of numbers")


def array(values: np.ndarray, path: str):
    if values.ndim == 0:
        return values.item()
    if values.dtype.kind == "f":
        return np.ascontiguousarray(values, dtype=np.float64)
    if values.dtype.kind in "iu":
        return np.ascontiguousarray(values, dtype=np.int64)
    raise InputError(f"{path}: an array of {values.dtype}; give one of real or whole numbers")
