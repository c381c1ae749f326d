# SPDX-License-Identifier: Apache-2.0
"""The command line that comes with the package."""
import os
import pathlib
import shutil
import subprocess
import sys

from .errors import InputError, RunError


def program() -> str:
    """The path of the `ranvier` program: the package's own, else RANVIER_PROGRAM, else the one on PATH."""
    own = pathlib.Path(__file__).parent / "bin" / "ranvier"
    found = str(own) if own.exists() else os.environ.get("RANVIER_PROGRAM") or shutil.which("ranvier")
    if not found or _is_script(found):
        raise RunError("the program `ranvier` was not found: install the package (pip install .), or set RANVIER_PROGRAM to its path")
    return found


def _is_script(path) -> bool:
    """Whether it is no program but the console script of this package, which would call itself for ever."""
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


def ranvier(*arguments) -> str:
    """Runs `ranvier` with these arguments and returns what it printed.

    Raises InputError where the arguments or files are wrong (exit code 2), RunError where the run failed.
    """
    done = subprocess.run([program(), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode == 2:
        raise InputError(done.stderr.strip())
    if done.returncode:
        raise RunError(done.stderr.strip() or f"ranvier ended with code {done.returncode}")
    return done.stdout


def main():
    """The console script: becomes the program. `ranvier verify` is Python's own."""
    if sys.argv[1:2] == ["verify"]:
        from .verify.command import main as verify

        sys.exit(verify(sys.argv[2:]))
    os.execv(program(), ["ranvier", *sys.argv[1:]])
