# SPDX-License-Identifier: Apache-2.0
"""ranvier verify: the command line."""
import argparse
import json
import sys

from ..errors import InputError, RunError
from ..network import load
from . import PEERS, verify

EXAMPLE = """example:
  ranvier verify examples/brunel.toml --set order=50 --duration "100 ms" --against nest

exit code: 0 agree, 1 differ (or a peer failed), 2 wrong use: the network, the peer, or a peer that is not installed"""


def main(arguments=None) -> int:
    """Runs the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="ranvier verify", description="Builds and runs the same network in another simulator, and compares the spikes.", epilog=EXAMPLE,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", metavar="NETWORK", help="a network file")
    parser.add_argument("--against", default="nest", metavar="PEERS", help=f"one or several of {', '.join(PEERS)}, separated by commas (nest)")
    parser.add_argument("--duration", metavar="TIME", help="how long; what the file says where not given, warm-up included")
    parser.add_argument("--seed", type=int, help="another seed than the file's")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the file; may be repeated")
    parser.add_argument("--python", metavar="PATH", help="the interpreter in which the peers are installed; this one where not given")
    parser.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    a = parser.parse_args(arguments)
    try:
        bad = [s for s in a.set if "=" not in s]
        if bad:
            raise InputError(f"--set {bad[0]}: must be NAME=VALUE")
        network = load(a.network, set={name: _value(text) for name, text in (s.split("=", 1) for s in a.set)}, seed=a.seed)
        report = verify(network, [p.strip() for p in a.against.split(",") if p.strip()], duration=a.duration, python=a.python)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except RunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(as_json(report) if a.json else report)
    return 0 if report.agree else 1


def _value(text):
    """A number where it is one, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return {"true": True, "false": False}.get(text, text)


def as_json(report) -> str:
    """The report for other programs; numbers that are not defined (a CV of no spikes) are null."""
    def plain(x):
        if hasattr(x, "_asdict"):
            return {k: plain(v) for k, v in x._asdict().items()}
        if isinstance(x, dict):
            return {k: plain(v) for k, v in x.items()}
        if isinstance(x, (list, tuple)):
            return [plain(v) for v in x]
        return None if isinstance(x, float) and x != x else x

    return json.dumps({**plain(report), "agree": report.agree}, indent=1)
