# SPDX-License-Identifier: Apache-2.0
"""A bar for what takes long: in a terminal or a notebook, never in a pipe."""
import sys
import time


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


class Progress:
    """Shows how far a piece has come. `wanted`: None shows it where a person looks."""

    patience_s = 0.5  # what is over sooner needs no bar

    def __init__(self, first_step: int, steps: int, dt_ms: float, wanted: bool = None):
        self.on = steps > 0 and (wanted if wanted is not None else _in_notebook() or sys.stderr.isatty())
        self._first, self._steps, self._dt = first_step, steps, dt_ms
        self._since = time.perf_counter()
        self._width = 0

    def __enter__(self):
        return self

    def show(self, step: int):
        elapsed = time.perf_counter() - self._since
        if elapsed < self.patience_s:
            return
        share = min(1.0, (step - self._first) / self._steps)
        filled = round(30 * share)
        left = f"{elapsed / share - elapsed:.0f} s left" if share > 0 else ""
        line = f"  [{'━' * filled}{' ' * (30 - filled)}] {100 * share:3.0f} %   {step * self._dt * 1e-3:.2f} of {(self._first + self._steps) * self._dt * 1e-3:.2f} s   {left}"
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = len(line)

    def __exit__(self, *_):
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
