# SPDX-License-Identifier: Apache-2.0
"""python -m ranvier: the program, with the commands that Python adds."""
from .command import main

main()
