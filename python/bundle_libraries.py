# SPDX-License-Identifier: Apache-2.0
"""Copies the shared libraries that a package's binaries need into the package: bundle_libraries.py PACKAGE

Run by the build of a wheel. Each gets a name of its own (libfmt-5e884898.so.9), so that it meets no other copy of the same library in the process. What every
Linux with glibc has is left out. patchelf does the renaming.
"""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

EVERYWHERE = re.compile(r"^(ld-linux|lib(c|m|dl|rt|pthread|resolv|util|gcc_s|stdc\+\+|python3[.\d]*)\.so)")


def patchelf(*arguments):
    beside = pathlib.Path(sys.executable).with_name("patchelf")
    tool = shutil.which("patchelf") or str(beside)
    return subprocess.run([tool, *map(str, arguments)], check=True, capture_output=True, text=True).stdout.split()


def found(binary):
    """{soname: path} of all libraries that a binary loads, those of its libraries included."""
    lines = subprocess.run(["ldd", str(binary)], check=True, capture_output=True, text=True).stdout
    missing = re.findall(r"^\s*(\S+) => not found", lines, re.MULTILINE)
    if missing:
        sys.exit(f"{binary} needs {', '.join(missing)}, which cannot be found")
    return {name: pathlib.Path(path) for name, path in re.findall(r"^\s*(\S+) => (/\S+)", lines, re.MULTILINE) if not EVERYWHERE.match(name)}


def name_of_its_own(path):
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    stem, dot, rest = path.name.partition(".so")
    return f"{stem}-{digest}{dot}{rest}"


def main(package):
    package = pathlib.Path(package)
    binaries = [*package.glob("_core*.so"), package / "bin" / "ranvier"]
    folder = package / "libs"
    folder.mkdir(exist_ok=True)
    libraries = {}
    for binary in binaries:
        libraries.update(found(binary))
    names = {}
    for soname, path in libraries.items():
        names[soname] = name_of_its_own(pathlib.Path(os.path.realpath(path)))
        copy = folder / names[soname]
        shutil.copyfile(path, copy)
        copy.chmod(0o755)
        patchelf("--set-soname", names[soname], copy)
    for binary in [*binaries, *(folder / name for name in names.values())]:
        for needed in patchelf("--print-needed", binary):
            if needed in names:
                patchelf("--replace-needed", needed, names[needed], binary)
        origin = os.path.relpath(folder, binary.parent)
        patchelf("--set-rpath", "$ORIGIN" if origin == "." else f"$ORIGIN/{origin}", binary)


if __name__ == "__main__":
    main(sys.argv[1])
