#!/usr/bin/env python3
"""Holds what comes from npm against the house's rules. Usage: tools/check_lockfiles.py [ROOT]

Each folder with a package.json has a lockfile of version 3, in which every package has a SHA-512 of
what npm must unpack (one that lies inside another's archive is covered by that archive's), and an
.npmrc that keeps packages' own scripts from running, whoever calls npm there. And no script of ours
calls `npm ci` or `npm install` without saying so too. Prints each offence and exits 1.
"""

import json
import pathlib
import re
import sys

SKIPPED = {"node_modules", "build", ".git", "var"}
INTEGRITY = re.compile(r"^sha512-[A-Za-z0-9+/]{86}==$")
EXACT = re.compile(r"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$")
FETCHES = re.compile(r"\bnpm (ci|i|install)\b(?!`)(?![^`\n]*--ignore-scripts)")
SCRIPTS = (".sh", ".py", ".yml", ".yaml", ".cmake", "")


def files_below(root):
    for path in sorted(root.rglob("*")):
        if path.is_file() and not SKIPPED.intersection(path.relative_to(root).parts):
            yield path


def check_package(name, package, packages):
    if package.get("link"):
        yield f"{name}: is a link to somewhere else"
    elif package.get("inBundle"):
        outer = name.rpartition("/node_modules/")[0]
        if not outer or not INTEGRITY.match(packages.get(outer, {}).get("integrity", "")):
            # A bundle within a bundle: the outermost archive has the checksum.
            inner = packages.get(outer, {})
            if not inner.get("inBundle"):
                yield f"{name}: lies in an archive without a SHA-512"
    elif not INTEGRITY.match(package.get("integrity", "")):
        yield f"{name}: has no SHA-512"


def check_lockfile(folder):
    lockfile = folder / "package-lock.json"
    if not lockfile.is_file():
        yield "has no package-lock.json"
        return
    lock = json.loads(lockfile.read_text(encoding="utf-8"))
    if lock.get("lockfileVersion") != 3:
        yield "package-lock.json is not of version 3"
        return
    packages = lock["packages"]
    for name, package in packages.items():
        if name:
            yield from check_package(name, package, packages)


def check_folder(folder):
    manifest = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    for kind in ("dependencies", "devDependencies", "optionalDependencies"):
        for name, version in manifest.get(kind, {}).items():
            if not EXACT.match(version):
                yield f"package.json: {name} is not pinned to one version ({version})"
    settings = folder / ".npmrc"
    lines = settings.read_text(encoding="utf-8").splitlines() if settings.is_file() else []
    if "ignore-scripts=true" not in lines:
        yield ".npmrc does not say ignore-scripts=true"
    yield from check_lockfile(folder)


def check_script(path):
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == "" and not text.startswith("#!"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if FETCHES.search(line):
            yield f"{number}: npm without --ignore-scripts"


def offences(root):
    here = pathlib.Path(__file__).resolve()
    for path in files_below(root):
        name = path.relative_to(root).as_posix()
        if path.name == "package.json":
            for offence in check_folder(path.parent):
                yield f"{path.parent.relative_to(root).as_posix()}: {offence}"
        elif path.suffix in SCRIPTS and path != here:
            for offence in check_script(path):
                yield f"{name}:{offence}"


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1]
    found = list(offences(root.resolve()))
    for offence in found:
        print(offence)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
