"""A file of COPY as records: CSV, text with a delimiter, or JSON.

A reader yields Records. `fields` are texts, or None for NULL; or a LoadError, if the record cannot
be told apart. What is not UTF-8 stands in a text as lone surrogates.
"""

import json
import re

from redshift_source import copy_error
from redshift_values import BAD_LINE, LoadError, Number

OBJECT_BYTES_MAX = 4 << 20
RAW_CHARACTERS = 1024
BAD_QUOTES = 1214
NO_DELIMITER = 1214
EXTRA_COLUMNS = 1202

SPACE = re.compile(r"[ \t\r\n]*")
PATH = re.compile(r"""\$(?:\.[^.'\[\]]+|\['[^']+'\]|\["[^"]+"\]|\[\d+\])+""")
STEP = re.compile(r"""\.([^.'\[\]]+)|\['([^']+)'\]|\["([^"]+)"\]|\[(\d+)\]""")


class Record:
    """`line` is the number of its last line, from 1. From `place` to `end` it is found again."""

    __slots__ = ("fields", "line", "place", "end")

    def __init__(self, fields, line, place, end=None):
        self.fields = fields
        self.line = line
        self.place = place
        self.end = end


class Lines:
    """Records of text: the base of both kinds. `text` is a whole file."""

    def __init__(self, text, copy):
        self.text = text
        self.copy = copy
        self.lines = text.split("\n")
        if self.lines[-1] == "":
            self.lines.pop()
        self.ends_at_nul = "\0" in text and copy.null_string != "\0"

    def raw(self, record):
        return "\n".join(self.lines[record.place : record.line])

    @property
    def line_count(self):
        return len(self.lines)

    def up_to_nul(self, fields):
        """A NUL ends the record, whatever follows."""
        for number, field in enumerate(fields):
            if "\0" in field:
                return [*fields[:number], field[: field.index("\0")]]
        return fields


class CsvLines(Lines):
    """RFC 4180; and white space around quotes does not count."""

    def __init__(self, text, copy):
        super().__init__(text, copy)
        quote, delimiter = re.escape(copy.quote), re.escape(copy.delimiter)
        blank = "".join({" ", "\t"} - {copy.delimiter})
        quoted = f"[{blank}]*{quote}([^{quote}]*(?:{quote}{quote}[^{quote}]*)*){quote}[{blank}]*"
        bare = f"([^{delimiter}{quote}]*)"
        self.field = re.compile(f"(?:{quoted}|{bare})({delimiter}|\\Z)")

    def records(self):
        lines, copy = self.lines, self.copy
        place, quote, delimiter = copy.ignore_header, copy.quote, copy.delimiter
        while place < len(lines):
            end = place + 1
            line = lines[place]
            if quote in line:
                if line.count(quote) % 2:
                    end = self.closing_line(place)
                    line = "\n".join(lines[place:end])
                fields = self.quoted_fields(line.removesuffix("\r"))
            else:
                fields = line.removesuffix("\r").split(delimiter)
            if self.ends_at_nul and type(fields) is list:
                fields = self.up_to_nul(fields)
            yield Record(fields, end, place)
            place = end

    def closing_line(self, place):
        """Behind the line in which the quotes come to an even number."""
        count = 0
        for number in range(place, len(self.lines)):
            count += self.lines[number].count(self.copy.quote)
            if count % 2 == 0:
                return number + 1
        return len(self.lines)

    def quoted_fields(self, line):
        fields, place, quote = [], 0, self.copy.quote
        while True:
            found = self.field.match(line, place)
            if found is None:
                return LoadError(BAD_QUOTES, "Invalid quote formatting for CSV", place)
            quoted, bare, end = found.groups()
            fields.append(bare if quoted is None else quoted.replace(quote * 2, quote))
            place = found.end()
            if not end:
                return fields


class DelimitedLines(Lines):
    def records(self):
        delimiter = self.copy.delimiter
        place = self.copy.ignore_header
        while place < len(self.lines):
            end = place + 1
            if self.copy.escape:
                while end < len(self.lines) and odd_backslashes(self.lines[end - 1]):
                    end += 1
            line = "\n".join(self.lines[place:end]).removesuffix("\r")
            fields = unescaped(line, delimiter) if self.copy.escape else line.split(delimiter)
            if self.ends_at_nul:
                fields = self.up_to_nul(fields)
            yield Record(fields, end, place)
            place = end


def odd_backslashes(line):
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def unescaped(line, delimiter):
    fields, field, place = [], [], 0
    while place < len(line):
        if line[place] == "\\" and place + 1 < len(line):
            # NULL is told from a letter by its backslash.
            field.append("\\N" if line[place + 1] == "N" else line[place + 1])
            place += 1
        elif line[place] == delimiter:
            fields.append("".join(field))
            field = []
        else:
            field.append(line[place])
        place += 1
    return [*fields, "".join(field)]


class JsonObjects:
    """Objects one behind the other. `pick` takes the fields out of one."""

    def __init__(self, text, copy, pick):
        self.text = text
        self.copy = copy
        self.pick = pick
        self.line_count = 0

    def raw(self, record):
        return self.text[record.place : record.end]

    def records(self):
        text = self.text
        decode = json.JSONDecoder(
            parse_float=Number, parse_int=Number, parse_constant=no_constant
        ).raw_decode
        place, line, counted = header_end(text, self.copy.ignore_header), 1, 0
        while True:
            place = SPACE.match(text, place).end()
            if place == len(text):
                self.line_count = line
                return
            try:
                value, end = decode(text, place)
                fields = self.fields(value, place, end)
            except LoadError as error:
                fields = error
            except (ValueError, RecursionError) as error:
                end = text.find("\n", max(getattr(error, "pos", place), place))
                end = len(text) if end < 0 else end
                fields = LoadError(BAD_LINE, "Invalid value.")
            line += text.count("\n", counted, end)
            counted = end
            yield Record(fields, line, place, end)
            place = end

    def fields(self, value, place, end):
        is_long = end - place > OBJECT_BYTES_MAX // 4
        if is_long and len(self.text[place:end].encode("utf-8", "replace")) > OBJECT_BYTES_MAX:
            reason = "JSON data size exceeds maximum allowed"
            return LoadError(1224, reason, fatal=True)
        if type(value) is not dict:
            return LoadError(BAD_LINE, "Invalid JSONPath format: Member is not an object.")
        return self.pick(value)


def header_end(text, lines):
    place = 0
    for _ in range(lines):
        place = text.find("\n", place) + 1
        if place == 0:
            return len(text)
    return place


def no_constant(name):
    raise ValueError(f"{name} is not JSON")


def field_text(value):
    kind = type(value)
    if kind is str or kind is Number or value is None:
        return value
    return json_text(value)


def json_text(value):
    """As JSON, with the numbers as they were."""
    if type(value) is Number:
        return str(value)
    if type(value) is dict:
        parts = [f"{json_text(name)}:{json_text(one)}" for name, one in value.items()]
        return "{" + ",".join(parts) + "}"
    if type(value) is list:
        return "[" + ",".join(map(json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def by_name(names, ignores_case):
    """For 'auto': keys are columns' names; the others are left alone."""

    def pick(value):
        if ignores_case:
            value = {name.lower(): one for name, one in value.items()}
        get = value.get
        return [field_text(get(name)) for name in names]

    return pick


def by_path(paths):
    steps = [path_steps(path) for path in paths]
    if all(len(path) == 1 and type(path[0]) is str for path in steps):
        return by_name([path[0] for path in steps], False)

    def pick(value):
        return [field_text(follow(value, path)) for path in steps]

    return pick


def path_steps(path):
    if not PATH.fullmatch(path):
        raise copy_error(f"Invalid JSONPath format: {path}", BAD_LINE)
    return [
        int(found[3]) if found[3] else found[0] or found[1] or found[2]
        for found in STEP.findall(path)
    ]


def follow(value, path):
    for step in path:
        if type(step) is int:
            if type(value) is not list or step >= len(value):
                reason = "Invalid JSONPath format: Not an array or index out of range."
                raise LoadError(BAD_LINE, reason)
            value = value[step]
        elif type(value) is dict:
            value = value.get(step)
        else:
            return None
    return value


def read_paths(body, url, column_count):
    """The paths of a JSONPaths file; None if its only key is another: then 'auto' is meant."""
    try:
        document = json.loads(body)
        if type(document) is not dict:
            raise ValueError("no object")
        if list(document) != ["jsonpaths"]:
            return None
        paths = document["jsonpaths"]
        if type(paths) is not list or not all(type(path) is str and path for path in paths):
            raise ValueError("no paths")
    except ValueError:
        raise copy_error(f"Invalid JSONPaths file {url}", BAD_LINE) from None
    if len(paths) != column_count:
        text = "Number of jsonpaths and the number of columns should match."
        detail = f" JSONPath size: {len(paths)}, Number of columns in table or column list:"
        raise copy_error(f"{text}{detail} {column_count}", 8001)
    return paths
