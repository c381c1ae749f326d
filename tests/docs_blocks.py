#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether the documentation does what it says.

- Every ```toml block that begins with `format = 1` passes `ranvier check`.
- Every ```console or ```sh block with the line `<!-- run -->` above it runs, as typed, in a folder that looks like the
  repository after a build; the blocks of a page run one after the other. In ```console blocks the commands are the lines
  that begin with "$ "; of what they print, spike hashes must be those of the page (times differ).
- docs/models.md is what docs/make_models would write.
- Every relative link leads to a file.

RANVIER names the program; build/release/ranvier unless given.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RANVIER = pathlib.Path(os.environ.get("RANVIER", ROOT / "build" / "release" / "ranvier")).resolve()
os.environ.setdefault("XDG_CACHE_HOME", str(RANVIER.parent / "test-cache"))  # compiled models are kept there
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

BLOCK = re.compile(r"^(?P<mark><!-- run -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
HASH = re.compile(r"hash +[0-9a-f]{16}")
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)[^)]*\)")


def make_playground(folder):
    """A folder in which commands work as they do at the top of the repository, and leave their results."""
    for name in ("examples", "docs", "README.md"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "data").symlink_to(ROOT / "examples" / "data")
    (folder / "build" / "release").mkdir(parents=True)
    (folder / "build" / "release" / "ranvier").symlink_to(RANVIER)


def run(command, folder, hashes=()):
    """What is wrong, or None."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        return f"exit {done.returncode}\n{(done.stdout + done.stderr).strip()}"
    missing = [line for line in hashes if line not in done.stdout.splitlines()]
    return f"the run does not print: {missing[0]}" if missing else None


def is_network(text):
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    return bool(lines) and re.fullmatch(r"format\s*=\s*1(\s*#.*)?", lines[0]) is not None


def check_network(text, folder):
    (folder / "block.toml").write_text(text)
    return run([RANVIER, "check", "block.toml"], folder)


def run_commands(kind, text, folder):
    lines = text.splitlines()
    if kind == "console":
        text = "\n".join(line[2:] for line in lines if line.startswith("$ "))
    return run(["bash", "-euo", "pipefail", "-c", text], folder, [line for line in lines if HASH.fullmatch(line)])


def check_page(page, folder):
    """Yields (line, what is wrong); counts what was run in check_page.done."""
    text = page.read_text()
    for block in BLOCK.finditer(text):
        kind, body = block["kind"], block["text"]
        line = text.count("\n", 0, block.start("kind")) + 1
        if kind == "toml" and is_network(body):
            wrong = check_network(body, folder)
        elif kind in ("console", "sh") and block["mark"]:
            wrong = run_commands(kind, body, folder)
        else:
            continue
        check_page.done += 1
        if wrong:
            yield line, wrong
    for link in LINK.finditer(text):
        if not (page.parent / link[1]).exists():
            yield text.count("\n", 0, link.start()) + 1, f"link to {link[1]}: no such file"


check_page.done = 0


def main():
    problems = []
    for page in PAGES:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            make_playground(folder)
            problems += [f"{page.relative_to(ROOT)}:{line}: {what}" for line, what in check_page(page, folder)]
    if wrong := run([sys.executable, ROOT / "docs" / "make_models", "--ranvier", RANVIER, "--check"], ROOT):
        problems.append(wrong)
    print("\n".join(problems) or f"{check_page.done} blocks on {len(PAGES)} pages work")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
