#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws docs/images/plan_page.png: roofline and sweep of the page of a plan, as headless Chromium shows them.

    python3 docs/images/make_plan_page.py build/release/ranvier
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

QUESTION = ["plan", "llm_serve", "llama-3-70b", "--on", "8xh100", "batch=16"]
FIGURES = (3, 4)            # roofline and sweep
WIDTH, HEIGHT = 1128, 1010  # of the picture, in pixels
HERE = pathlib.Path(__file__).resolve().parent


def main():
    browser = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])))
    with tempfile.TemporaryDirectory() as scratch:
        page = pathlib.Path(scratch) / "page.html"
        subprocess.run([pathlib.Path(sys.argv[1]).resolve(), *QUESTION, "--page", page], check=True, stdout=subprocess.DEVNULL)
        # Of the page only these figures stay.
        keep = f"for (const e of [...document.querySelectorAll('main > *')]) if (!/Figure [{''.join(map(str, FIGURES))}]\\. /.test(e.textContent) || e.matches('.pair')) e.remove();"
        text = page.read_text()
        page.write_text(re.sub(r"again\(\);\s*</script>", lambda m: f"again();\n{keep}\n</script>", text))
        subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={scratch}/browser", "--virtual-time-budget=5000",
                        f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={HERE / 'plan_page.png'}", page.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main()
