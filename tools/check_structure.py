#!/usr/bin/env python3
"""Holds the sources against the rules of the house's structure.

Which folder of src/ may include which; which C library is known to which adapter; how long a
function may be; what only cli/ may do; that no SQL stands in C++; that no two types have one name.
Prints each offence and exits 1.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"

INTERFACES = {
    "source/object_store.h",
    "warehouse/warehouse.h",
    "warehouse/rows.h",
}
# Folder: the folders it may include (its own always), and single headers.
MAY_INCLUDE = {
    "base": (set(), set()),
    "record": ({"base"}, set()),
    "sql": ({"base"}, set()),
    "aws": ({"base"}, set()),
    "source": ({"base", "record", "aws"}, set()),
    "decode": ({"base", "record"}, set()),
    "warehouse": ({"base", "record", "sql"}, {"source/object_store.h"}),
    "load": ({"base", "record", "sql"}, INTERFACES),
    "transform": ({"base", "record", "sql"}, INTERFACES),
    "check": ({"base", "record", "sql"}, INTERFACES),
    # A summary shows what planning, loading and checking gave.
    "report": ({"base", "record", "sql", "load", "check"}, INTERFACES),
    "serve": ({"base", "report"}, set()),
    "doctor": ({"base", "record", "sql"}, INTERFACES),
    "generate": ({"base"}, {"source/object_store.h"}),
    "pipeline": (
        {"base", "record", "sql", "decode", "load", "transform", "check", "report"},
        INTERFACES,
    ),
    "cli": (None, set()),
}
# A C library's header: the folders whose .cc files may include it. In headers of ours: nobody,
# but for the ones that say so in their first lines and are included by that folder only.
C_LIBRARIES = {
    "duckdb.h": ("warehouse/duckdb",),
    "simdjson.h": ("decode",),
    "zlib.h": ("base", "decode"),
    "zstd.h": ("decode",),
    "bzlib.h": ("decode",),
    "libpq-fe.h": ("warehouse/libpq",),
    "curl/curl.h": ("aws",),
    "openssl/evp.h": ("base",),
    "openssl/hmac.h": ("base",),
    "pugixml.hpp": ("aws", "source/s3"),
    "histedit.h": ("cli/shell/line_editor",),
    "httplib.h": ("serve",),
}
# Headers for their own folder, and for those that are named.
LIBPQ_USERS = ("warehouse/postgres", "warehouse/redshift")
PRIVATE_HEADERS = {
    "warehouse/duckdb/duckdb_handles.h": (),
    "warehouse/duckdb/staging_function.h": (),
    "warehouse/duckdb/result_reader.h": (),
    "warehouse/libpq/libpq_handles.h": (),
    "warehouse/libpq/session.h": LIBPQ_USERS,
    "warehouse/libpq/session_warehouse.h": LIBPQ_USERS,
    "serve/bounded_stream.h": (),
    "warehouse/postgres/run_lock.h": (),
    "warehouse/postgres/copy_crew.h": (),
}
ONLY_CLI = re.compile(r"\b(std::cout|std::cerr|std::printf|std::getenv|getenv|std::exit)\b")
# The last line of an assertion is the one thing that is printed below cli/.
ONLY_CLI_EXCEPT = {"base/assert.cc"}
SQL_TEXT = re.compile(
    r'"\s*(select\s.*\sfrom|insert into|update \w+ set|delete from|create (temp|table|view)|'
    r"drop table|begin transaction)\b",
    re.IGNORECASE,
)
FUNCTION_LINES_MAX = 70
TYPE = re.compile(r"(?:class|struct|union|enum|enum class) (\w+)(?: final)?(?: :.*)?(?: \{|$)")
FORBIDDEN_TEXT = re.compile(r"/work/|/farm/|registry\.npmjs|deb\.debian\.org")


def includes_of(text):
    return re.findall(r'^#include ["<]([^">]+)[">]', text, re.MULTILINE)


def may_see(folder, header):
    if header not in PRIVATE_HEADERS or folder == (SRC / header).parent:
        return True
    return folder.relative_to(SRC).as_posix() in PRIVATE_HEADERS[header]


def check_includes(path, text):
    name = path.relative_to(SRC).as_posix()
    folder = name.split("/")[0]
    folders, headers = MAY_INCLUDE.get(folder, (set(), set()))
    if folder not in MAY_INCLUDE:
        yield f"{name}: the folder {folder} has no row in tools/check_structure.py"
    for header in includes_of(text):
        if header in C_LIBRARIES:
            homes = C_LIBRARIES[header]
            private = name in PRIVATE_HEADERS
            if not name.startswith(homes) or (path.suffix == ".h" and not private):
                yield f"{name}: {header} belongs to the .cc files of {', '.join(homes)}"
            continue
        if not may_see(path.parent, header):
            yield f"{name}: {header} is for its own folder"
        target = header.split("/")[0]
        if "/" not in header or not (SRC / header).exists() or target == folder:
            continue
        if folders is not None and target not in folders and header not in headers:
            yield f"{name}: {folder} may not include {header}"


def check_text(path, text):
    name = path.relative_to(SRC).as_posix()
    if not name.startswith("cli/") and name not in ONLY_CLI_EXCEPT:
        for match in ONLY_CLI.finditer(text):
            yield f"{name}: {match.group(0)} is for cli/ only"
    for number, line in enumerate(text.splitlines(), 1):
        if path.suffix == ".cc" and SQL_TEXT.search(line) and "sparkify " not in line:
            yield f"{name}:{number}: SQL belongs in sql/"


def opens_function(lines, at, indent):
    """Whether a function's first line stands at `at`: a parameter list, then `{` ends a line."""
    first = lines[at]
    if not re.match(rf"{indent}[A-Za-z_~]", first) or "(" not in first:
        return False
    if re.match(rf"{indent}(class|struct|enum|namespace|if|for|while|switch|return)\b", first):
        return False
    for line in lines[at : at + 8]:
        if line.endswith("{"):
            return True
        if line.endswith((";", "}", "};")):
            return False
    return False


def check_function_lengths(path, text):
    """Format makes a function end with a brace in the column where its first line begins."""
    name = path.relative_to(ROOT).as_posix()
    lines = text.splitlines()
    for indent in ("", "  "):
        at = 0
        while at < len(lines):
            if opens_function(lines, at, indent):
                end = lines.index(f"{indent}}}", at) if f"{indent}}}" in lines[at:] else at
                if end - at + 1 > FUNCTION_LINES_MAX:
                    yield f"{name}:{at + 1}: a function of {end - at + 1} lines"
                at = end
            at += 1


def types_of(text):
    """Names, with their namespace, of the types that other files' types may meet when linked."""
    spaces = []
    for line in text.splitlines():
        if opened := re.match(r"(?:inline )?namespace ?([\w:]*) \{$", line):
            spaces.append(opened[1])
        elif line.startswith("}  // namespace"):
            spaces.pop()
        elif "" not in spaces and (found := TYPE.match(line)):
            yield "::".join([*spaces, found[1]])


def check_type_names(paths):
    """Two types of one name: the linker keeps one's destructor, and both are destroyed by it."""
    first = {}
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        for type_name in types_of(path.read_text(encoding="utf-8")):
            other = first.setdefault(type_name, name)
            if other != name:
                yield f"{name}: {type_name} is also a type of {other}"


def check_forbidden():
    listed = [p for p in ROOT.rglob("*") if p.is_file()]
    skipped = ("build", "node_modules", ".git", "sample")
    for path in listed:
        parts = path.relative_to(ROOT).parts
        if any(part in skipped for part in parts) or path.suffix in (".duckdb", ".pyc"):
            continue
        if path == pathlib.Path(__file__).resolve():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, PermissionError):
            continue
        if FORBIDDEN_TEXT.search(text):
            yield f"{path.relative_to(ROOT)}: names a machine's path or a registry's host"


def main():
    offences = []
    for path in sorted(SRC.rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        text = path.read_text(encoding="utf-8")
        offences += check_includes(path, text)
        offences += check_text(path, text)
        offences += check_function_lengths(path, text)
    folders = (SRC, ROOT / "tests", ROOT / "fuzz", ROOT / "bench")
    sources = (path for folder in folders for path in sorted(folder.rglob("*.[hc]*")))
    offences += check_type_names(
        path
        for path in sources
        if path.suffix in (".h", ".cc") and "node_modules" not in path.parts
    )
    offences += check_forbidden()
    for offence in offences:
        print(offence)
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
