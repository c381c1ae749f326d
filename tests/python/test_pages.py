#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The pages of the planner, opened in a browser: every figure is drawn, and no text of a file becomes markup.

RANVIER names the program. Where there is no Chromium, all tests are skipped.
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

RANVIER = pathlib.Path(os.environ.get("RANVIER", "build/release/ranvier")).resolve()
ROWS = pathlib.Path(__file__).resolve().parents[2] / "data" / "validation" / "measured_public.csv"
BROWSER = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
EVIL = "<img src=x onerror=alert(1)></script><b>"


@unittest.skipUnless(BROWSER, "no chromium to open the pages with")
class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="ranvier-pages-")
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)

    def ranvier(self, *arguments):
        done = subprocess.run([RANVIER, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def drawn(self, page):
        """What the browser made of the page, without its scripts."""
        dom = subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self.folder / 'browser'}", "--virtual-time-budget=10000",
                              "--dump-dom", (self.folder / page).as_uri()], capture_output=True, text=True, timeout=120).stdout
        return re.sub(r"<(script|style)\b.*?</\1>", "", dom, flags=re.DOTALL)

    def assert_in(self, part, dom):  # assertIn would print the page
        self.assertTrue(part in dom, f"{part} is missing")

    def assert_complete(self, dom, figures, end):
        for number in range(1, figures + 1):
            self.assert_in(f"<b>Figure {number}. ", dom)
        self.assert_in(end, dom)  # the last that the script writes
        for wrong in (f"<b>Figure {figures + 1}. ", "NaN", "undefined", "Infinity", "[object"):
            self.assertFalse(wrong in dom, wrong)

    def test_every_workload_has_a_page_with_all_its_figures(self):
        questions = {  # interval, time by operation, roofline, sweep, sensitivity; streams have no arithmetic, some workloads no sweep, nor has what never fits
            "gemm --on h100 m=4096 n=4096 k=4096": 5, "spmm --on 1080ti m=7680 k=2560 n=4": 5, "stream --on a100": 3, "all_reduce --on 8xh100 bytes=64MiB": 5,
            "llm_serve llama-3-70b --on 8xh100": 5, "llm_serve llama-3-70b --on rtx-4090": 4, "llm_serve_static llama-3-8b --on h100 input_len=128 output_len=128": 5,
            "llm_train llama-3-8b --on 64xh100": 4, "brain neurons=1e6 synapses=1e9 rate_hz=3 --on h100": 4, "gemm_best --on mi300x": 4}
        for number, (question, figures) in enumerate(questions.items()):
            with self.subTest(question):
                self.ranvier("plan", *question.split(), "--page", f"{number}.html")
                self.assert_complete(self.drawn(f"{number}.html"), figures, "To ask it again")

    def test_the_page_shows_the_numbers_of_the_answer(self):
        out = self.ranvier("plan", "gemm", "--on", "h100", "m=4096", "n=4096", "k=4096", "--page", "numbers.html")
        value = float(re.search(r"^  time +([\d.]+) ms", out, re.MULTILINE).group(1))
        dom = self.drawn("numbers.html")
        self.assert_in(f"<b>{1000 * value:.4g} µs</b>", dom)
        self.assert_in("H100 SXM5 80GB", dom)

    def test_predictions_against_measurements_are_drawn(self):
        self.ranvier("plan", "validate", ROWS, "--page", "rows.html")
        dom = self.drawn("rows.html")
        self.assert_complete(dom, 2, "To see it again")
        self.assert_in("not predicted", dom)

    def test_text_of_a_file_never_becomes_markup(self):
        (self.folder / "evil.toml").write_text(f'format = 1\nid = "evil"\nname = "{EVIL}"\nkind = "gpu"\n[figures]\nbandwidth_byte_per_s = [{{ value = 1e12, source = "{EVIL}" }}]\n')
        (self.folder / "evil.csv").write_text("id,hardware,count,workload,parameters_json,metric,value,unit,score\n"
                                              f"{EVIL},{EVIL},1,{EVIL},{{}},{EVIL},1,{EVIL},yes\n"
                                              f"{EVIL},h100,1,gemm,\"{{\"\"m\"\": 64, \"\"n\"\": 64, \"\"k\"\": 64}}\",time,1,ms,yes\n")
        self.ranvier("plan", "gemm", "--on", "evil.toml", "m=64", "n=64", "k=64", "--page", "evil.html")
        self.ranvier("plan", "validate", "evil.csv", "--page", "rows-evil.html")
        for page in ("evil.html", "rows-evil.html"):
            dom = self.drawn(page)
            self.assertFalse("<img" in dom)
            self.assert_in("&lt;img src=x", dom)


if __name__ == "__main__":
    unittest.main(verbosity=2)
