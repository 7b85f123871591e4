#!/usr/bin/python3
"""Holds SQL against what Amazon Redshift takes. Usage: tools/check_redshift_sql.py FILE...

A FILE is SQL as the program renders it, such as tests/golden/redshift.sql: sections that begin
with `-- file: NAME` or `-- load: NAME`, of one or several statements each; without such lines it is
one section. Sections of other warehouses, with their names in the path, are passed over.

Each statement must pass two sieves: it has nothing that AWS's pages do not know
(tests/servers/redshift_refusals.py), and Debian's sqlfluff parses all of it as Redshift's. Neither
knows tables or types, and none of it has met a cluster. Prints what does not pass and exits 1.

The interpreter is Debian's own, as sqlfluff is: another one that comes first on the PATH lacks it.
"""

import pathlib
import re
import sys
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "servers"))

import redshift_refusals as redshift  # noqa: E402

HEADING = re.compile(r"^-- (?:file|load): (\S+/\S+)$", re.MULTILINE)  # a model's own has no "/"
OTHER_WAREHOUSES = {"duckdb", "postgres"}
PARAMETER = re.compile(r"\$\d+")
NUMBER_FOLLOWS = {"limit", "offset", "top"}
PLACE = re.compile(r"^Line \d+, Position \d+: ")  # of sqlfluff's messages, in the statement
SHOWN_CHARACTERS_MAX = 120


@dataclass(frozen=True)
class Exemption:
    """Words that sqlfluff 1.4.5 cannot parse and a page of the guide allows; what is parsed in
    their place, so that the statement around them is."""

    words: str
    instead: str
    page: str


EXEMPTIONS = (
    # Of POSITION it knows only literals and columns.
    Exemption(
        "position(cast($4 as varchar(8192)) in r.uri)",
        "strpos(r.uri, cast($4 as varchar(8192)))",
        "POSITION function (r_POSITION)",
    ),
)


@dataclass(frozen=True)
class Statement:
    path: str
    section: str
    line: int
    text: str


@dataclass(frozen=True)
class Fault:
    statement: Statement
    line: int
    message: str

    def __str__(self):
        return f"{self.statement.path}:{self.line}: {self.statement.section}: {self.message}"


def sections(text):
    """The name, the first line and the text of each."""
    headings = list(HEADING.finditer(text))
    if not headings:
        yield "", 1, text
    begins = [heading.start() for heading in headings]
    for heading, begin, end in zip(headings, begins, [*begins[1:], len(text)]):
        yield heading[1], text.count("\n", 0, begin) + 1, text[begin:end]


def statements(path, text):
    for name, first_line, section in sections(text):
        if OTHER_WAREHOUSES & set(name.split("/")):
            continue
        for found in redshift.split(section):
            yield Statement(path, name or path, first_line + found.line - 1, found.text)


def words_of(sql):
    """The tokens as they are written, literals and quoted names too."""
    tokens = list(redshift.tokens_of(sql))
    return tokens, [sql[token.begin : token.end] for token in tokens]


def exempted(sql, exemption):
    """With other words in the places of an exemption's; the lines stay where they are."""
    tokens, words = words_of(sql)
    looked_for = words_of(exemption.words)[1]
    parts, end, at = [], 0, 0
    while at + len(looked_for) <= len(words):
        if words[at : at + len(looked_for)] != looked_for:
            at += 1
            continue
        first, last = tokens[at], tokens[at + len(looked_for) - 1]
        lines = "\n" * sql.count("\n", first.begin, last.end)
        parts += [sql[end : first.begin], exemption.instead, lines]
        end = last.end
        at += len(looked_for)
    return "".join([*parts, sql[end:]])


def with_values(sql):
    """With a literal in the place of each parameter, which the parser does not know."""
    parts, end, before = [], 0, ""
    for token in redshift.tokens_of(sql):
        if PARAMETER.fullmatch(token.text):
            parts += [sql[end : token.begin], "1" if before in NUMBER_FOLLOWS else "'1'"]
            end = token.end
        before = token.text
    return "".join([*parts, sql[end:]])


def shown(message):
    text = " ".join(PLACE.sub("", message).split())
    return text if len(text) <= SHOWN_CHARACTERS_MAX else text[:SHOWN_CHARACTERS_MAX] + "..."


class Parser:
    """sqlfluff's, with Redshift's grammar and no templates."""

    def __init__(self):
        from sqlfluff.core import FluffConfig, Linter

        overrides = {"dialect": "redshift", "templater": "raw"}
        self.linter = Linter(config=FluffConfig(overrides=overrides))

    def offences(self, sql):
        """The line, from 1, and the message of each."""
        for exemption in EXEMPTIONS:
            sql = exempted(sql, exemption)
        parsed = self.linter.parse_string(with_values(sql))
        found = [(offence.line_no, shown(offence.desc())) for offence in parsed.violations]
        if not found and parsed.tree is None:
            found.append((1, "nothing was parsed"))
        return found


def faults_of(statement, parser):
    refused = redshift.refusal(statement.text) or redshift.unknown_function(statement.text)
    if refused is not None:
        message = f"refused ({refused.name}): {refused.message}; see {refused.page}"
        return [Fault(statement, statement.line, message)]
    offences = parser.offences(statement.text)
    return [Fault(statement, statement.line + line - 1, message) for line, message in offences]


def main(paths):
    if not paths:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    try:
        parser = Parser()
    except ImportError as error:
        print(f"check_redshift_sql: {error}; it is Debian's package sqlfluff", file=sys.stderr)
        return 2
    count, faults = 0, []
    for path in paths:
        try:
            text = pathlib.Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            print(f"check_redshift_sql: {path}: {error}", file=sys.stderr)
            return 2
        found = list(statements(path, text))
        if not found:
            print(f"check_redshift_sql: {path}: no statement in it", file=sys.stderr)
            return 2
        count += len(found)
        faults += [fault for statement in found for fault in faults_of(statement, parser)]
    for fault in faults:
        print(fault)
    if not faults:
        print(f"redshift sql: {count} statements are Redshift's, as far as documents tell")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
