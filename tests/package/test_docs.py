# SPDX-License-Identifier: Apache-2.0
"""The blocks of docs/python.md run, one after the other, as they stand."""
import pathlib
import re

import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "python.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_block_of_the_guide_runs_in_order(tmp_path, monkeypatch):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    text, names = PAGE.read_text(encoding="utf-8"), {"__name__": "guide"}
    blocks = list(BLOCK.finditer(text))
    assert len(blocks) >= 12
    for block in blocks:
        line = text.count("\n", 0, block.start(1))
        exec(compile("\n" * line + block[1], str(PAGE), "exec"), names)  # a traceback names the line of the page
    plt.close("all")
    assert (tmp_path / "out" / "report.html").exists() and (tmp_path / "raster.pdf").exists()


def test_every_name_of_the_package_is_on_the_page():
    import ranvier
    from ranvier import plot

    text = PAGE.read_text(encoding="utf-8")
    public = [name for name in plot.__all__ if name != "colours"] + [n for n in dir(ranvier.statistics) if callable(getattr(ranvier.statistics, n)) and n.islower() and n not in ("ms", "as_spikes", "begin_of") and not n.startswith("_")]
    assert [name for name in public if f"`{name}" not in text] == []


@pytest.mark.parametrize("kind", ["Network", "Simulation", "Piece"])
def test_every_method_is_on_the_page(kind):
    import ranvier

    text = PAGE.read_text(encoding="utf-8")
    methods = [name for name, what in vars(getattr(ranvier, kind)).items() if not name.startswith("_") and callable(what)]
    assert len(methods) >= 2
    assert [name for name in methods if not re.search(rf"`{name}\b|\.{name}\(", text)] == []
