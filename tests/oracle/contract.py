"""The data contract once more, in plain Python: slow, simple, and written without the C++ code.

Rules: docs/formats/json_input.md for bytes to rows, the data contract for rows to tables.
"""

import bz2
import datetime
import decimal
import functools
import re
import subprocess
import sys
import zlib
from dataclasses import dataclass, field
from fractions import Fraction

sys.setrecursionlimit(20_000)  # a value may be nested 1,024 deep, two calls for each level
sys.set_int_max_str_digits(0)  # numbers of any length must be judged, not refused

LOG_COLUMNS = {  # JSON key: staging column, in staging order
    "artist": "artist",
    "auth": "auth",
    "firstName": "first_name",
    "gender": "gender",
    "itemInSession": "item_in_session",
    "lastName": "last_name",
    "length": "length",
    "level": "level",
    "location": "location",
    "method": "method",
    "page": "page",
    "registration": "registration",
    "sessionId": "session_id",
    "song": "song",
    "status": "status",
    "ts": "ts",
    "userAgent": "user_agent",
    "userId": "user_id",
}
SONG_COLUMNS = {
    name: name
    for name in (
        "num_songs",
        "artist_id",
        "artist_latitude",
        "artist_longitude",
        "artist_location",
        "artist_name",
        "song_id",
        "title",
        "duration",
        "year",
    )
}
COLUMNS = {"log": LOG_COLUMNS, "song": SONG_COLUMNS}

INT32 = (-(2**31), 2**31 - 1)
INTEGER_RANGE = {
    "item_in_session": (0, 1_048_575),
    "registration": (-(2**63), 2**63 - 1),
    "session_id": (0, 2**42 - 1),
    "status": INT32,
    "ts": (0, 253_402_300_799_999),
    "user_id": (0, 2**31 - 1),
    "num_songs": INT32,
    "year": INT32,
}
DECIMAL_COLUMNS = {"length", "duration"}
DOUBLE_COLUMNS = {"artist_latitude", "artist_longitude", "latitude", "longitude"}
TEXT_LIMIT_BYTES = {
    "artist": 1024,
    "auth": 64,
    "first_name": 1024,
    "gender": 64,
    "last_name": 1024,
    "level": 64,
    "location": 1024,
    "method": 64,
    "page": 64,
    "song": 1024,
    "user_agent": 2048,
    "artist_id": 64,
    "artist_location": 1024,
    "artist_name": 1024,
    "song_id": 64,
    "title": 1024,
}
RAW_TEXT_BYTES_MAX = 65_000
DEPTH_MAX = 1024
SPACE = b" \t\r\n"
BLANKS = b" \t\r"


# --- JSON ---------------------------------------------------------------------------------------


class Fault(Exception):
    """Not well-formed JSON."""


@dataclass
class Text:
    value: str  # unescaped; an unpaired surrogate escape stays as that code point


@dataclass
class Number:
    digits: str  # as written


@dataclass
class Literal:
    value: object  # True, False or None


@dataclass
class Array:
    items: list


@dataclass
class Object:
    members: list  # (key, value), in order, repeated keys too


NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)")
FRACTION = re.compile(rb"\.[0-9]+")
EXPONENT = re.compile(rb"[eE][+-]?[0-9]+")
HEX4 = re.compile(rb"[0-9a-fA-F]{4}")
ESCAPES = {
    ord('"'): '"',
    ord("\\"): "\\",
    ord("/"): "/",
    ord("b"): "\b",
    ord("f"): "\f",
    ord("n"): "\n",
    ord("r"): "\r",
    ord("t"): "\t",
}


def skip_space(data, pos):
    while pos < len(data) and data[pos] in SPACE:
        pos += 1
    return pos


def has_surrogate(text):
    return any("\ud800" <= char <= "\udfff" for char in text)


class Scanner:
    """Reads one value that begins at `pos`; raises Fault at the first byte that cannot stand."""

    def __init__(self, data, pos):
        self.data = data
        self.pos = pos
        self.top_key = None  # the record's own key whose value is being read
        self.unpaired = []  # (end position, top_key) of texts with an unpaired surrogate

    def peek(self):
        return self.data[self.pos] if self.pos < len(self.data) else None

    def space(self):
        self.pos = skip_space(self.data, self.pos)

    def value(self, depth=1):
        byte = self.peek()
        if byte == ord("{"):
            return self.object(depth)
        if byte == ord("["):
            return self.array(depth)
        if byte == ord('"'):
            return Text(self.text())
        for word, value in ((b"true", True), (b"false", False), (b"null", None)):
            if self.data.startswith(word, self.pos):
                self.pos += len(word)
                return Literal(value)
        return self.number()

    def object(self, depth):
        if depth > DEPTH_MAX:
            raise Fault
        self.pos += 1
        members = []
        self.space()
        if self.peek() == ord("}"):
            self.pos += 1
            return Object(members)
        while True:
            self.space()
            if self.peek() != ord('"'):
                raise Fault
            key = self.text()
            if depth == 1:
                self.top_key = key
            self.space()
            if self.peek() != ord(":"):
                raise Fault
            self.pos += 1
            self.space()
            members.append((key, self.value(depth + 1)))
            if depth == 1:
                self.top_key = None
            self.space()
            if self.peek() == ord("}"):
                self.pos += 1
                return Object(members)
            if self.peek() != ord(","):
                raise Fault
            self.pos += 1

    def array(self, depth):
        if depth > DEPTH_MAX:
            raise Fault
        self.pos += 1
        items = []
        self.space()
        if self.peek() == ord("]"):
            self.pos += 1
            return Array(items)
        while True:
            self.space()
            items.append(self.value(depth + 1))
            self.space()
            if self.peek() == ord("]"):
                self.pos += 1
                return Array(items)
            if self.peek() != ord(","):
                raise Fault
            self.pos += 1

    def number(self):
        start = self.pos
        match = NUMBER.match(self.data, self.pos)
        if not match:
            raise Fault
        self.pos = match.end()
        if self.peek() == ord("."):
            self.must(FRACTION)
        if self.peek() in (ord("e"), ord("E")):
            self.must(EXPONENT)
        return Number(self.data[start : self.pos].decode("ascii"))

    def must(self, pattern):
        match = pattern.match(self.data, self.pos)
        if not match:
            raise Fault
        self.pos = match.end()
        return match.group()

    def text(self):
        self.pos += 1
        out = []
        plain = bytearray()
        while True:
            byte = self.peek()
            if byte is None or byte < 0x20:
                raise Fault
            self.pos += 1
            if byte != ord('"') and byte != ord("\\"):
                plain.append(byte)
                continue
            # A record with bad bytes is rejected before its texts are used.
            out.append(plain.decode("utf-8", "replace"))
            plain.clear()
            if byte == ord('"'):
                break
            out.append(self.escape())
        text = "".join(out)
        if has_surrogate(text):
            self.unpaired.append((self.pos, self.top_key))
        return text

    def escape(self):
        letter = self.peek()
        if letter in ESCAPES:
            self.pos += 1
            return ESCAPES[letter]
        if letter != ord("u"):
            raise Fault
        self.pos += 1
        code = int(self.must(HEX4), 16)
        if 0xD800 <= code <= 0xDBFF and self.data.startswith(b"\\u", self.pos):
            match = HEX4.match(self.data, self.pos + 2)
            low = int(match.group(), 16) if match else 0
            if 0xDC00 <= low <= 0xDFFF:
                self.pos += 6
                code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)
        return chr(code)


# --- Where records are --------------------------------------------------------------------------


@dataclass
class Piece:
    """One record's place: data[start:end]. `value` is None where it is not well-formed."""

    start: int
    end: int
    value: object = None
    unpaired: list = field(default_factory=list)  # the top keys of texts with a lone surrogate


def end_of_bad(data, start):
    """The start of the next line, after that of `start`, that begins with `{`; or the end."""
    line_feed = data.find(b"\n", start)
    while line_feed != -1:
        line = line_feed + 1
        pos = line
        while pos < len(data) and data[pos] in BLANKS:
            pos += 1
        if data[pos : pos + 1] == b"{":
            return line
        line_feed = data.find(b"\n", line)
    return len(data)


def bad_piece(data, start):
    return Piece(start, end_of_bad(data, start))


def read_piece(data, start):
    scanner = Scanner(data, start)
    try:
        value = scanner.value()
    except Fault:
        piece = bad_piece(data, start)
        piece.unpaired = [key for end, key in scanner.unpaired if end <= piece.end]
        return piece
    return Piece(start, scanner.pos, value, [key for _, key in scanner.unpaired])


def frame(data):
    """All pieces of a decompressed object, in order."""
    pos = skip_space(data, 3 if data.startswith(b"\xef\xbb\xbf") else 0)
    if data[pos : pos + 1] == b"[":
        return frame_array(data, pos + 1)
    pieces = []
    while pos < len(data):
        pieces.append(read_piece(data, pos))
        pos = skip_space(data, pieces[-1].end)
    return pieces


def frame_array(data, pos):
    pieces = []
    state = "first"  # then "value", "behind value" and, after the closing bracket, "closed"
    while True:
        pos = skip_space(data, pos)
        if pos == len(data):
            break
        byte = data[pos]
        if byte == ord("]") and state in ("first", "behind value"):
            state = "closed"
            pos += 1
        elif byte == ord(",") and state == "behind value":
            state = "value"
            pos += 1
        elif state in ("first", "value"):
            piece = read_piece(data, pos)
            state = "value" if piece.value is None else "behind value"
            pieces.append(piece)
            pos = piece.end
        else:
            piece = bad_piece(data, pos)
            if state != "closed":
                state = "value"
            pieces.append(piece)
            pos = piece.end
    bad_to_the_end = pieces and pieces[-1].value is None and pieces[-1].end == len(data)
    if state != "closed" and not bad_to_the_end:
        pieces.append(Piece(len(data), len(data)))
    return pieces


# --- Records ------------------------------------------------------------------------------------


@dataclass
class Row:
    record_no: int
    line: int
    byte_offset: int
    columns: dict
    raw_text: str


@dataclass
class Reject:
    record_no: int
    line: int
    byte_offset: int
    column_name: object
    reason: str
    raw_text: str


@dataclass
class Decoded:
    records: list  # Row or Reject, in order
    well_formed: int  # objects without a fault of JSON or UTF-8: those that count for drift
    key_counts: dict  # key: how many of them have it; known keys too

    @property
    def rows(self):
        return [record for record in self.records if isinstance(record, Row)]

    @property
    def rejects(self):
        return [record for record in self.records if isinstance(record, Reject)]


class Bad(Exception):
    """The reason why a record is rejected, and its column."""

    def __init__(self, reason, column=None):
        super().__init__(reason, column)
        self.reason = reason
        self.column = column


def shown(raw):
    """raw_text: the bytes of a record as text."""
    text = raw.rstrip(SPACE).decode("utf-8", "replace").replace("\0", "\ufffd")
    encoded = text.encode("utf-8")
    if len(encoded) <= RAW_TEXT_BYTES_MAX:
        return text
    return encoded[:RAW_TEXT_BYTES_MAX].decode("utf-8", "ignore") + "…[cut]"


@functools.lru_cache(maxsize=1000)  # tests load the same files in many ways
def read_records(data, kind):
    """`data`: the decompressed object; `kind`: 'song' or 'log'. Nobody changes what it returns."""
    decoded = Decoded([], 0, {})
    for record_no, piece in enumerate(frame(data), 1):
        raw = data[piece.start : piece.end]
        place = (record_no, data.count(b"\n", 0, piece.start) + 1, piece.start)
        try:
            members = object_members(raw, piece, COLUMNS[kind])
            decoded.well_formed += 1
            for key in members:
                decoded.key_counts[key] = decoded.key_counts.get(key, 0) + 1
            row = read_columns(members, COLUMNS[kind])
            demand_needed(row, kind)
            decoded.records.append(Row(*place, row, shown(raw)))
        except Bad as bad:
            decoded.records.append(Reject(*place, bad.column, bad.reason, shown(raw)))
    return decoded


def object_members(raw, piece, columns):
    """The record's keys with the first value of each; or Bad for its bytes or its JSON."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("bad_utf8") from None
    if piece.unpaired:
        known = [column for key, column in columns.items() if key in piece.unpaired]
        raise Bad("bad_utf8", known[0] if known else None)
    if not isinstance(piece.value, Object):
        raise Bad("bad_json")
    members = {}
    for key, value in piece.value.members:
        members.setdefault(key, value)
    return members


def read_columns(members, columns):
    row = {}
    for key, column in columns.items():
        value = members.get(key, Literal(None))
        if isinstance(value, Literal) and value.value is None:
            row[column] = None
        elif column in TEXT_LIMIT_BYTES:
            row[column] = read_text(value, column)
        elif column in INTEGER_RANGE:
            row[column] = read_integer(value, column)
        elif column in DECIMAL_COLUMNS:
            row[column] = read_decimal(value, column)
        else:
            row[column] = read_double(value, column)
    return row


def read_text(value, column):
    if not isinstance(value, Text):
        raise Bad("bad_type", column)
    if "\0" in value.value:
        raise Bad("nul_character", column)
    if len(value.value.encode("utf-8")) > TEXT_LIMIT_BYTES[column]:
        raise Bad("too_long", column)
    return value.value


def read_integer(value, column):
    loose = column in ("user_id", "registration")
    if column == "user_id" and value == Text(""):
        return None
    if isinstance(value, Number):
        written = value.digits
        if loose:
            written = re.sub(r"\.0+\Z", "", written)
    elif loose and isinstance(value, Text):
        written = value.value
    else:
        raise Bad("bad_type", column)
    if not re.fullmatch(r"-?(0|[1-9][0-9]*)", written):
        raise Bad("bad_type", column)
    number = int(written)
    low, high = INTEGER_RANGE[column]
    if not low <= number <= high:
        raise Bad("out_of_range", column)
    return number


def read_decimal(value, column):
    if not isinstance(value, Number):
        raise Bad("bad_type", column)
    sign, whole, fraction, exponent = re.fullmatch(
        r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?", value.digits
    ).groups()
    digits = int(whole + (fraction or ""))
    shift = int(exponent or "0") - len(fraction or "")
    if digits == 0 or len(str(digits)) + shift < -10:
        return decimal.Decimal("0.00000")
    if len(str(digits)) + shift > 10:
        raise Bad("out_of_range", column)
    units = Fraction(digits) * Fraction(10) ** (shift + 5)  # of 0.00001
    units = int(units + Fraction(1, 2))
    if units >= 10**12:
        raise Bad("out_of_range", column)
    number = decimal.Decimal(units).scaleb(-5)
    return -number if sign and units else number


def read_double(value, column):
    if not isinstance(value, Number):
        raise Bad("bad_type", column)
    number = float(value.digits)
    if number in (float("inf"), float("-inf")):
        raise Bad("out_of_range", column)
    return number


def demand_needed(row, kind):
    if kind == "song":
        needed = {"song_id", "title", "artist_id", "artist_name", "duration"}
    else:
        needed = {"page", "ts", "session_id", "item_in_session"}
        if row["page"] == "NextSong":
            needed |= {"user_id", "song", "artist", "length"}
    for column, value in row.items():
        empty_id = kind == "song" and column in ("song_id", "artist_id") and value == ""
        if column in needed and (value is None or empty_id):
            raise Bad("missing_field", column)


# --- Compressed objects -------------------------------------------------------------------------


class Damaged(Exception):
    """A compressed object that is cut, corrupt, or has something else behind its end."""


def decompress(name, data):
    if name.endswith(".gz"):
        return decompress_members(data, lambda: zlib.decompressobj(wbits=31))
    if name.endswith(".bz2"):
        return decompress_members(data, bz2.BZ2Decompressor)
    if name.endswith(".zst"):
        return decompress_zstd(data)
    return data


def decompress_members(data, new_decompressor):
    """One member after another; the file must end where a member ends."""
    out = []
    rest = data
    while True:
        member = new_decompressor()
        try:
            out.append(member.decompress(rest))
        except (zlib.error, OSError) as error:
            raise Damaged(str(error)) from error
        if not member.eof:
            raise Damaged("cut")
        rest = member.unused_data
        if not rest:
            return b"".join(out)


def decompress_zstd(data):
    if data[:4] != b"\x28\xb5\x2f\xfd" and (data[1:4] != b"\x2a\x4d\x18" or data[0] >> 4 != 5):
        raise Damaged("not a zstd frame")  # the tool would also read gzip
    done = subprocess.run(
        ["zstd", "-q", "-d", "-c"], input=data, capture_output=True, timeout=60, check=False
    )
    if done.returncode != 0:
        raise Damaged(done.stderr.decode("utf-8", "replace").strip())
    return done.stdout


# --- Tables -------------------------------------------------------------------------------------

TABLE_COLUMNS = {
    "songplays": (
        "songplay_id",
        "start_time",
        "user_id",
        "level",
        "song_id",
        "artist_id",
        "session_id",
        "location",
        "user_agent",
    ),
    "users": (
        "user_id",
        "first_name",
        "last_name",
        "gender",
        "level",
        "last_event_at",
        "last_event_key",
    ),
    "songs": ("song_id", "title", "artist_id", "year", "duration", "artist_name"),
    "artists": ("artist_id", "name", "location", "latitude", "longitude"),
    "time": ("start_time", "hour", "day", "week", "month", "year", "weekday"),
    "unmatched_songplays": ("songplay_id", "song", "artist", "length"),
    "plays": (
        "songplay_id",
        "start_time",
        "user_id",
        "level",
        "song_id",
        "artist_id",
        "title",
        "artist_name",
        "session_id",
        "location",
        "user_agent",
    ),
    "user_levels": ("user_id", "level", "valid_from", "valid_to"),
    # Of the run tables, what does not depend on clocks and on how an etag is written. run_id is
    # the run's place, from 1, among the runs that loaded an object.
    "etl_runs": (
        "run_id",
        "objects",
        "bytes",
        "events",
        "songs",
        "plays",
        "duplicates",
        "rejects",
    ),
    "etl_objects": (
        "uri",
        "size_bytes",
        "run_id",
        "records",
        "loaded",
        "duplicates",
        "rejects",
    ),
    "etl_rejects": (
        "run_id",
        "uri",
        "record_no",
        "line",
        "byte_offset",
        "column_name",
        "reason",
        "raw_text",
    ),
}
TIMESTAMP_COLUMNS = {"start_time", "last_event_at", "valid_from", "valid_to"}
EPOCH = datetime.datetime(1970, 1, 1)


def at(ts):
    return EPOCH + datetime.timedelta(milliseconds=ts)


def timestamp_text(ts):
    moment = at(ts)
    return (
        f"{moment.year:04}-{moment.month:02}-{moment.day:02} "
        f"{moment.hour:02}:{moment.minute:02}:{moment.second:02}.{ts % 1000:03}"
    )


def time_row(ts):
    moment = at(ts)
    return {
        "start_time": ts,
        "hour": moment.hour,
        "day": moment.day,
        "week": moment.isocalendar().week,
        "month": moment.month,
        "year": moment.year,
        "weekday": moment.isoweekday() % 7,
    }


def normalise_row(row):
    """A row of column to value, the oracle's or the program's, as values that compare equal.

    The program's rows come from json.loads(line, parse_float=decimal.Decimal).
    """
    return tuple(normalise_value(column, value) for column, value in row.items())


def normalise_value(column, value):
    if value is None:
        return None
    if column in DECIMAL_COLUMNS:
        return f"{decimal.Decimal(value):.5f}"
    if column in DOUBLE_COLUMNS:
        return float(value)
    if column in TIMESTAMP_COLUMNS | {"ts"} and isinstance(value, int):
        return timestamp_text(value)
    return value


def sorted_rows(rows):
    """NULL first; values of unlike types, which only a fault makes, by the type's name."""
    return sorted(
        rows,
        key=lambda row: [(value is not None, type(value).__name__, value) for value in row],
    )


@dataclass
class Run:
    """What one run did."""

    objects: int = 0  # loaded; damaged ones are in `failed`
    bytes: int = 0  # as they lie at the source
    events: int = 0
    songs: int = 0
    plays: int = 0
    duplicates: int = 0
    rejects: int = 0
    failed: list = field(default_factory=list)
    well_formed: dict = field(default_factory=lambda: {"song": 0, "log": 0})
    key_counts: dict = field(default_factory=lambda: {"song": {}, "log": {}})

    def unknown_keys(self, kind):
        return {k: n for k, n in self.key_counts[kind].items() if k not in COLUMNS[kind]}

    def missing_keys(self, kind):
        if self.well_formed[kind] == 0:
            return []
        return [key for key in COLUMNS[kind] if key not in self.key_counts[kind]]


class Warehouse:
    """The tables, as dictionaries by key. Records are applied one after another."""

    def __init__(self):
        self.runs = []  # those that loaded something
        self.songplays = {}
        self.users = {}
        self.songs = {}
        self.artists = {}
        self.time = {}
        self.unmatched = {}
        self.etl_objects = {}  # by (uri, etag)
        self.etl_rejects = []

    def apply_run(self, songs, logs, late_songs=True):
        """`songs`, `logs`: (uri, etag, bytes as they lie at the source), in any order. Without
        `late_songs`, as if it had ended before it came to them."""
        run = Run()
        run_id = len(self.runs) + 1
        for uri, etag, data in by_uri(songs):
            self.apply_object(run, run_id, "song", uri, etag, data)
        if late_songs:
            self.match_late_songs()
        for uri, etag, data in by_uri(logs):
            self.apply_object(run, run_id, "log", uri, etag, data)
        if run.objects:
            self.runs.append(run)
        return run

    def apply_object(self, run, run_id, kind, uri, etag, data):
        if (uri, etag) in self.etl_objects:
            return
        try:
            decoded = read_records(decompress(uri, data), kind)
        except Damaged:
            run.failed.append(uri)
            return
        counts = {"loaded": 0, "duplicates": 0, "rejects": 0}
        for record in decoded.records:
            outcome = self.apply_record(run, kind, record)
            if isinstance(outcome, Reject):
                counts["rejects"] += 1
                self.etl_rejects.append({"run_id": run_id, "uri": uri, **vars(outcome)})
            else:
                counts[outcome] += 1
        self.etl_objects[uri, etag] = {
            "uri": uri,
            "size_bytes": len(data),
            "run_id": run_id,
            "records": len(decoded.records),
            **counts,
        }
        run.objects += 1
        run.bytes += len(data)
        run.duplicates += counts["duplicates"]
        run.rejects += counts["rejects"]
        run.well_formed[kind] += decoded.well_formed
        for key, count in decoded.key_counts.items():
            run.key_counts[kind][key] = run.key_counts[kind].get(key, 0) + count

    def apply_record(self, run, kind, record):
        """'loaded', 'duplicates', or the Reject."""
        if isinstance(record, Reject):
            return record
        if kind == "song":
            run.songs += 1
            self.apply_song(record.columns)
            return "loaded"
        run.events += 1
        outcome = self.apply_event(record.columns)
        if outcome == "key_conflict":
            place = (record.record_no, record.line, record.byte_offset)
            return Reject(*place, "songplay_id", "key_conflict", record.raw_text)
        if outcome == "new play":
            run.plays += 1
        return "duplicates" if outcome == "duplicate" else "loaded"

    def apply_song(self, row):
        self.songs[row["song_id"]] = {name: row[name] for name in TABLE_COLUMNS["songs"]}
        self.artists[row["artist_id"]] = {
            "artist_id": row["artist_id"],
            "name": row["artist_name"],
            "location": row["artist_location"],
            "latitude": row["artist_latitude"],
            "longitude": row["artist_longitude"],
        }

    def apply_event(self, row):
        key = row["session_id"] * 1_048_576 + row["item_in_session"]
        outcome = "no play"
        if row["page"] == "NextSong":
            known = self.songplays.get(key)
            if known is None:
                self.add_play(key, row)
                outcome = "new play"
            elif (known["start_time"], known["user_id"]) == (row["ts"], row["user_id"]):
                outcome = "duplicate"
            else:
                return "key_conflict"
        self.tell_user(key, row)
        return outcome

    def add_play(self, key, row):
        song_id, artist_id = self.match(row["song"], row["artist"], row["length"])
        self.songplays[key] = {
            "songplay_id": key,
            "start_time": row["ts"],
            "user_id": row["user_id"],
            "level": row["level"],
            "song_id": song_id,
            "artist_id": artist_id,
            "session_id": row["session_id"],
            "location": row["location"],
            "user_agent": row["user_agent"],
        }
        self.time[row["ts"]] = time_row(row["ts"])
        if song_id is None:
            self.unmatched[key] = {
                "songplay_id": key,
                "song": row["song"],
                "artist": row["artist"],
                "length": row["length"],
            }

    def tell_user(self, key, row):
        if row["user_id"] is None:
            return
        known = self.users.get(row["user_id"])
        if known and (row["ts"], key) <= (known["last_event_at"], known["last_event_key"]):
            return
        self.users[row["user_id"]] = {
            "user_id": row["user_id"],
            "first_name": row["first_name"],
            "last_name": row["last_name"],
            "gender": row["gender"],
            "level": row["level"],
            "last_event_at": row["ts"],
            "last_event_key": key,
        }

    def match(self, title, artist_name, duration):
        found = [
            song
            for song in self.songs.values()
            if (song["title"], song["artist_name"], song["duration"])
            == (title, artist_name, duration)
        ]
        if not found:
            return None, None
        song = min(found, key=lambda song: song["song_id"].encode("utf-8"))
        return song["song_id"], song["artist_id"]

    def match_late_songs(self):
        for key, play in list(self.unmatched.items()):
            song_id, artist_id = self.match(play["song"], play["artist"], play["length"])
            if song_id is not None:
                self.songplays[key]["song_id"] = song_id
                self.songplays[key]["artist_id"] = artist_id
                del self.unmatched[key]

    def plays(self):
        for key, play in self.songplays.items():
            if play["song_id"] is None:
                title, artist = self.unmatched[key]["song"], self.unmatched[key]["artist"]
            else:
                song = self.songs[play["song_id"]]
                title, artist = song["title"], song["artist_name"]
            yield {**play, "title": title, "artist_name": artist}

    def user_levels(self):
        spells = []
        order = ("user_id", "start_time", "songplay_id")
        for play in sorted(self.songplays.values(), key=lambda p: [p[name] for name in order]):
            last = spells[-1] if spells else None
            if last and last["user_id"] == play["user_id"]:
                if last["level"] == play["level"]:
                    continue
                last["valid_to"] = play["start_time"]
            spells.append(
                {
                    "user_id": play["user_id"],
                    "level": play["level"],
                    "valid_from": play["start_time"],
                    "valid_to": None,
                }
            )
        return spells

    def tables(self):
        """Each table's rows, sorted: tuples in the order of TABLE_COLUMNS."""
        rows = {
            "songplays": self.songplays.values(),
            "users": self.users.values(),
            "songs": self.songs.values(),
            "artists": self.artists.values(),
            "time": self.time.values(),
            "unmatched_songplays": self.unmatched.values(),
            "plays": self.plays(),
            "user_levels": self.user_levels(),
            "etl_runs": [{"run_id": n, **vars(run)} for n, run in enumerate(self.runs, 1)],
            "etl_objects": self.etl_objects.values(),
            "etl_rejects": self.etl_rejects,
        }
        return {
            table: sorted_rows(
                normalise_row({name: row[name] for name in columns}) for row in rows[table]
            )
            for table, columns in TABLE_COLUMNS.items()
        }


def by_uri(objects):
    return sorted(objects, key=lambda item: item[0].encode("utf-8", "surrogateescape"))
