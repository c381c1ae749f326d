# SPDX-License-Identifier: Apache-2.0
"""python -m ranvier.pynn SCRIPT ARGUMENTS: runs a script that takes the simulator's name from the command line, with `ranvier` among the names."""
import runpy
import sys

import ranvier.pynn  # noqa: F401  (makes pyNN.ranvier)

if len(sys.argv) < 2:
    print("usage: python -m ranvier.pynn SCRIPT [ARGUMENTS]\n  for example: python -m ranvier.pynn VAbenchmarks.py ranvier CUBA", file=sys.stderr)
    sys.exit(2)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
