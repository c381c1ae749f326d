# SPDX-License-Identifier: Apache-2.0
"""What Ranvier raises."""


class InputError(ValueError):
    """A mistake in what was asked for: a wrong unit, a missing population, arrays that do not fit, too little memory.

    Each problem is one line that says what is wrong, where, and how to mend it; all problems of one network are told together.
    """

    @property
    def problems(self) -> list:
        """The problems, a line each."""
        return str(self).split("\n")


class RunError(RuntimeError):
    """A run that could not be finished: a state that is not a usable number any more, a full disk."""
