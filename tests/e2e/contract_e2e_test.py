"""The program against the oracle: the same files in the same runs give the same tables.

Run it as `python3 tests/e2e/contract_e2e_test.py`. Environment: SPARKIFY_BINARY (the program),
SPARKIFY_TEST_WAREHOUSE (`duckdb`, `postgres` or `redshift`), SPARKIFY_TEST_STAGE (`direct`, for
Redshift), SPARKIFY_REAL_DATA (a folder with log_data and
song_data), SPARKIFY_FUZZ_ROUNDS (default 1).
"""

import bz2
import gzip
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
from collections import namedtuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))

import contract  # noqa: E402
import sparkify  # noqa: E402
import warehouses  # noqa: E402

EXIT_OK = 0
EXIT_CHECKS = 1
EXIT_SOURCE = 4
DAY_MS = 86_400_000
NOVEMBER_MS = 1_541_030_400_796  # 2018-11-01 00:00:00.796
BOM = b"\xef\xbb\xbf"

File = namedtuple("File", "kind path data")  # kind: 'log' or 'song'; path: below its folder


def setUpModule():
    warehouses.start()


def tearDownModule():
    warehouses.stop()


# --- Records ------------------------------------------------------------------------------------


def event(session, item, **changes):
    record = {
        "artist": None,
        "auth": "Logged In",
        "firstName": "Ida",
        "gender": "F",
        "itemInSession": item,
        "lastName": "Holm",
        "length": None,
        "level": "free",
        "location": "Springfield, XY",
        "method": "GET",
        "page": "Home",
        "registration": 1_540_000_000_796.0,
        "sessionId": session,
        "song": None,
        "status": 200,
        "ts": NOVEMBER_MS + session * 60_000 + item * 1000,
        "userAgent": '"Browser/1.0 (Some; System)"',
        "userId": "7",
    }
    return {**record, **changes}


def play(session, item, **changes):
    heard = {
        "artist": "The Weirs",
        "length": 200.5,
        "method": "PUT",
        "page": "NextSong",
        "song": "Tide",
    }
    return event(session, item, **{**heard, **changes})


def song(number, **changes):
    record = {
        "num_songs": 1,
        "artist_id": f"AR{number:03}",
        "artist_latitude": 35.14968,
        "artist_longitude": -90.04892,
        "artist_location": "Memphis, TN",
        "artist_name": f"Artist {number}",
        "song_id": f"SO{number:03}",
        "title": f"Title {number}",
        "duration": 100.5 + number,
        "year": 2000 + number % 20,
    }
    return {**record, **changes}


def dump(record, ascii_only=True, indent=None):
    return json.dumps(record, ensure_ascii=ascii_only, indent=indent).encode()


def lines(*records):
    """One a line; bytes are taken as they are."""
    return b"".join((r if isinstance(r, bytes) else dump(r)) + b"\n" for r in records)


def with_raw(record, key, raw):
    """The record with the value of a key written just so."""
    marker = "\u0001marker"
    return dump({**record, key: marker}).replace(dump(marker), raw)


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, capture_output=True, check=True).stdout


class Numbers:
    """Session numbers, so that each record of a corpus is a play of its own."""

    def __init__(self, start):
        self.next = start

    def play(self, **changes):
        self.next += 1
        return play(self.next, self.next % 7, **changes)

    def event(self, **changes):
        self.next += 1
        return event(self.next, self.next % 7, **changes)


# --- Corpora: files by rule ----------------------------------------------------------------------


def framing_files():
    """Every way in which records may lie in a file."""
    new = Numbers(1000)

    def three():
        return [dump(new.play()), dump(new.event()), dump(new.play(song="Ebb"))]

    a, b, c = three()
    shapes = {
        "lines": b"\n".join(three()) + b"\n",
        "no_last_newline": b"\n".join(three()),
        "crlf": b"\r\n".join(three()) + b"\r\n",
        "bom": BOM + b"\n".join(three()),
        "bom_crlf_blank_lines": BOM + b"\r\n\r\n" + b"\r\n \t\r\n".join(three()) + b"\r\n\r\n",
        "one_line": b" ".join(three()),
        "no_space": b"".join(three()),
        "several_lines": b"\n".join(dump(new.play(), indent=4) for _ in range(3)),
        "several_lines_crlf": dump(new.play(), indent=1).replace(b"\n", b"\r\n"),
        "mixed": dump(new.play(), indent=2) + a + b"\n\n" + b + dump(new.event(), indent=1) + c,
        "array": b"[" + b",".join(three()) + b"]",
        "array_lines": b"\n[\n" + b" ,\n".join(three()) + b"\n]\n \n",
        "array_bom": BOM + b" [ " + b"\t,\r\n".join(three()) + b" ] ",
        "array_pretty": json.dumps([new.play(), new.event(), new.play()], indent=4).encode(),
        "array_of_none": b"[ ]\n",
        "empty": b"",
        "only_space": b" \r\n\t\n",
        "only_bom": BOM,
        "only_newlines": b"\n" * 300,
    }
    files = [File("log", f"2018/11/{name}.json", data) for name, data in shapes.items()]
    files += [
        File("log", "ndjson/a.ndjson", lines(new.play())),
        File("log", "jsonl/a.jsonl", lines(new.play())),
        File("log", "names/with space and é ✓.json", lines(new.play(), b"broken")),
        File("log", "names/100%25#?&+.json", lines(new.play())),
        File("log", ".hidden.json", lines(new.play())),
        File("log", ".hidden/a.json", lines(new.play())),
        File("log", "names/readme.txt", lines(new.play())),
        File("log", "names/a.json.tmp", lines(new.play())),
        File("log", "names/json", lines(new.play())),
        File("song", "A/one.json", dump(song(1, title="Tide", artist_name="The Weirs"))),
        File("song", "A/pretty.json", dump(song(2), indent=4) + b"\n"),
        File("song", "B/many.jsonl", lines(song(3), song(4), song(5))),
        File("song", "B/no_space.json", dump(song(6)) + dump(song(7))),
        File("song", "B/array.json", json.dumps([song(8), song(9)], indent=1).encode()),
        File("song", "B/empty.json", b""),
        File("song", ".hidden/a.json", dump(song(10))),
    ]
    return files


def value_lines():
    """Events that are all well-formed: types, limits, keys, texts."""
    new = Numbers(2000)
    out = [new.event(artist="", auth="", firstName="", gender="", lastName="", level="")]
    out += [new.event(location="", method="", page="", song="", userAgent="", userId="")]
    out += [with_raw(new.event(), "userId", raw) for raw in USER_IDS]
    out += [with_raw(new.event(), "registration", raw) for raw in REGISTRATIONS]
    out += [with_raw(new.event(), "length", raw) for raw in LENGTHS]
    out += [with_raw(new.play(), "length", raw) for raw in LENGTHS]
    for key, edges in {
        "sessionId": (b"0", b"4398046511103"),
        "itemInSession": (b"0", b"1048575", b"-0"),
        "ts": (b"0", b"1", b"999", b"253402300799999"),
        "status": (b"-2147483648", b"2147483647", b"0"),
    }.items():
        out += [with_raw(new.play(), key, raw) for raw in edges]
    out.append(play(4_398_046_511_103, 1_048_575, ts=253_402_300_799_999, userId=2_147_483_647))
    for key, column in contract.LOG_COLUMNS.items():
        limit = contract.TEXT_LIMIT_BYTES.get(column)
        if limit:
            out.append(dump(new.event(**{key: "é" * (limit // 2)}), ascii_only=False))
            out.append(dump(new.event(**{key: "😀" * (limit // 4)})))
    for text in TEXTS:
        out.append(dump(new.play(song=text, artist=text), ascii_only=False))
        out.append(dump(new.play(song=text, artist=text)))
    for raw in (rb'"\"\\\/\b\f\n\r\t"', rb'"\u00e9\u00E9\ud83d\uDE00"', rb'"a\u0001\u001f\u007f"'):
        out.append(with_raw(new.play(), "song", raw))
    optional = ("auth", "firstName", "gender", "lastName", "level", "location", "method")
    optional += ("registration", "status", "userAgent")
    for key in optional:
        out.append(new.play(**{key: None}))
        out.append({name: value for name, value in new.play().items() if name != key})
    out.append({name: value for name, value in new.event().items() if name != "userId"})
    least = new.event()
    out.append({key: least[key] for key in ("page", "ts", "sessionId", "itemInSession")})
    out.append(dict(reversed(new.play().items())))
    out += [new.play(page=page) for page in ("nextsong", "NextSong ", "About", "")]
    whole = dump(new.play())
    out.append(whole.replace(b'"song"', rb'"\u0073on\u0067"').replace(b'"level"', rb'"\u006cevel"'))
    out.append(dump(new.play(Song="upper", ARTIST=5, sessionid=[], unknown={"page": "x"})))
    out.append(dump(new.play())[:-1] + b', "song": "second", "page": {}, "level": 5}')
    out.append(b'{"song": null, "level": null, ' + dump(new.event(song="second"))[1:])
    out.append(b'{"x": 1, "x": [[{"song": 1}]], "": 0, "\\u0000": 1, ' + dump(new.play())[1:])
    depth = b"[" * 1023 + b"]" * 1023
    out.append(b'{"deep": ' + depth + b", " + dump(new.play())[1:])
    out.append(b'{"deep": ' + b'{"a":' * 1022 + b"{}" + b"}" * 1022 + b", " + dump(new.play())[1:])
    out.append(b'{"braces": "}{][,:\\"{", ' + dump(new.play())[1:])
    spaced = b'{ \t"n" : -1.5E-300 , "t":true, "f" :false\r,"o":{ } ,"a":[ ], '
    out.append(spaced + dump(new.play())[1:])
    out.append(b'{"long": "' + b"x" * 70_000 + b'", ' + dump(new.play())[1:])
    return [record if isinstance(record, bytes) else dump(record) for record in out]


USER_IDS = (b'"5"', b"5", b"5.0", b"5.000", b'"0"', b"-0", b'"-0"', b"-0.0", b"2147483647", b'""')
REGISTRATIONS = (
    b"1541016707796.0",
    b"1541016707796",
    b'"1541016707796"',
    b"-5",
    b'"-5"',
    b"-5.00",
    b"9223372036854775807",
    b"9223372036854775807.0",
    b"-9223372036854775808",
    b'"-9223372036854775808"',
    b"9007199254740993.0",
)
LENGTHS = (
    b"200",
    b"200.50000",
    b"2.005E2",
    b"0.000005",
    b"0.000015",
    b"0.00000499999999999999999999999999999",
    b"-0.000005",
    b"-0.000004",
    b"1.000015",
    b"2.675005",
    b"655.777515",
    b"655.7775149999999999999999",
    b"9999999.99999",
    b"9999999.999994999",
    b"-9999999.99999",
    b"0e999999999",
    b"1e-999999999",
    b"-0",
    b"0.0000000001e10",
    b"123456789012345e-10",
)
TEXTS = (
    "Naïve — Übermäßig",
    "Bj\u00c3\u00b6rk, encoded twice",
    "e\u0301 is not \u00e9",
    "日本語 עברית 😀",
    "trailing blank ",
    " leading",
    "trailing\ttab\t",
    "quote ' \" \\ back / slash",
    "line\nfeed\r\n",
    "\x7f\x80\u2028\ufeff\ufffd\uffff",
    "NULL",
    "\\N",
    "comma, semicolon; pipe|",
    "$1 %s {} :name",
)


def song_value_lines():
    """Songs that are all well-formed."""
    needed = ("song_id", "title", "artist_id", "artist_name", "duration")
    out = [song(50 + n, title=text, artist_name=text) for n, text in enumerate(TEXTS)]
    out += [
        song(80, artist_location=None, artist_latitude=None, artist_longitude=None, year=None),
        song(81, artist_location="", title="", artist_name="", year=0, num_songs=None),
        {key: song(82)[key] for key in needed},
        song(83, title="é" * 512, artist_name="é" * 512, artist_location="é" * 512),
        song(84, song_id="é" * 32, artist_id="é" * 32),
        song(85, song_id=" ", artist_id=" "),
        song(86, year=-2147483648, num_songs=2147483647),
        song(87, more={"title": 1}, extra=[]),
    ]
    numbers = (b"0", b"-90", b"1e2", b"1.7976931348623157e308", b"5e-324", b"1e-400", b"0.1")
    numbers += (b"33.333333333333333333333", b"-0.0", b"123456789.123456789")
    out += [with_raw(song(100 + n), "artist_latitude", raw) for n, raw in enumerate(numbers)]
    out += [with_raw(song(120 + n), "artist_longitude", raw) for n, raw in enumerate(numbers)]
    out += [with_raw(song(140 + n), "duration", raw) for n, raw in enumerate(LENGTHS)]
    out.append(dump(song(170))[:-1] + b', "title": 5, "song_id": "second"}')
    return [record if isinstance(record, bytes) else dump(record) for record in out]


def value_files():
    tide = song(1, title="Tide", artist_name="The Weirs", duration=200.5)
    return [
        File("log", "values.json", lines(*value_lines())),
        File("log", "values_array.json", b"[" + b",".join(value_lines()) + b"]"),
        File("song", "values.json", lines(*song_value_lines())),
        File("song", "tide.json", lines(tide)),
    ]


BAD_VALUES = {  # by column: JSON values that reject the record
    "text": (b"1", b"1.5", b"true", b"false", b"[]", b"{}", b'["a"]', rb'"\u0000"', rb'"a\u0000b"'),
    "integer": (b'"5"', b"5.0", b"5e0", b"1.5", b"true", b"[5]", b"{}", b'""', b'"x"', b"1E400"),
    "loose": (
        b"5.01 5e0 5.0e0 -1.5 true [] {}".split(b" ")
        + [b'"5.0"', b'" 5"', b'"5 "', b'"05"', b'"+5"', b'"x"', b'"1e3"', '"٥"'.encode()]
        + [b'"5\\n"', rb'"\u0000"', b'"' + b"9" * 70 + b'"', b"9" * 400]
    ),
    "decimal": (b'"1"', b"true", b"[]", b"{}", b'""', b"1e7", b"9999999.999995", b"-1e7", b"1e400")
    + (b"1e999999999999999999999", b"-9999999.9999950"),
    "double": (b'"1"', b"true", b"[]", b"{}", b'""', b"1e309", b"-1e309", b"1" + b"0" * 400),
}


def bad_values(column):
    """The values of BAD_VALUES for a column, and its own limits exceeded."""
    if column in contract.TEXT_LIMIT_BYTES:
        limit = contract.TEXT_LIMIT_BYTES[column]
        long = [dump("é" * (limit // 2) + "x"), dump("x" * (limit + 1)), dump("\0" + "x" * limit)]
        return [*BAD_VALUES["text"], *long]
    if column in contract.INTEGER_RANGE:
        low, high = contract.INTEGER_RANGE[column]
        beyond = [b"%d" % (low - 1), b"%d" % (high + 1), b"9" * 30, b"-" + b"9" * 30]
        loose = column in ("user_id", "registration")
        return [*BAD_VALUES["loose" if loose else "integer"], *beyond]
    return list(BAD_VALUES["decimal" if column in contract.DECIMAL_COLUMNS else "double"])


def reject_lines():
    """Events that are rejected for their values, good ones between them."""
    new = Numbers(4000)
    out = []
    for key, column in contract.LOG_COLUMNS.items():
        for raw in bad_values(column):
            out.append(with_raw(new.play(), key, raw))
        out.append(new.play())
    for key in ("page", "ts", "sessionId", "itemInSession", "userId", "song", "artist", "length"):
        out.append(new.play(**{key: None}))
        out.append({name: value for name, value in new.play().items() if name != key})
        out.append(new.event(**{key: None}))
    out += [new.play(userId=""), b"{}", b'{"page": "NextSong"}', b'{"page": null, "page": "Home"}']
    out.append(new.play(artist=5, auth=5, userId=-1, page=None))
    out.append(new.play(artist="x" * 1025, auth=5))
    out.append(with_raw(new.play(auth="x" * 65), "userId", b"-1"))
    lone = rb'"a\ud800b"'
    for key in contract.LOG_COLUMNS:
        out.append(with_raw(new.play(), key, lone))
        out.append(with_raw(new.play(), key, b'[{"x": ' + lone + b"}]"))
        out.append(with_raw(new.play(), key, b'"\xff"'))
    out.append(with_raw(new.play(artist=5), "userAgent", lone))
    out.append(with_raw(new.play(), "other", lone))
    out.append(with_raw(new.play(), "other", b'{"page": ' + lone + b"}"))
    out.append(dump(new.play())[:-1] + b", " + lone + b": 1}")
    out.append(dump(new.play())[:-1] + b', "song": ' + lone + b"}")
    out.append(b'{"userAgent": ' + lone + b', "page": ' + lone + b', "x": ' + lone + b"}")
    for raw in (rb'"\udc00"', rb'"\ud800\n"', rb'"\udc00\ud800"', rb'"\ud800\ud800\udc00"'):
        out.append(with_raw(new.play(), "song", raw))
    broken = (b"\x80", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98")
    for raw in broken:
        out.append(with_raw(new.play(), "song", b'"x' + raw + b'y"'))
        out.append(with_raw(new.play(), "other", b'"' + raw + b'"'))
        out.append(with_raw(new.play(level=5), "song", b'"\\ud800' + raw + b'"'))
    return [record if isinstance(record, bytes) else dump(record) for record in out]


def bad_json_texts():
    """Each is broken, or no object; it stands on lines of its own."""
    good = dump(play(9000, 1))
    inside = (
        b"'a' NaN Infinity -Infinity nul True +1 .5 1. 1.e1 1e 1e+ - -a undefined [1,] [,1] {,} "
        b'{"a"} {"a":} {"a":1,} {a:1} {1:1} "\\x" "\\u12g4" "\\u12" "\\U0041" 01 00 -01 1 2 [1 [1} '
        b"0x10 1_000 // /*a*/ 1/**/"
    ).split(b" ")
    out = [b'{"page": "Home", "x": ' + raw + b"}" for raw in inside]
    out += [b'{"x": "' + raw + b'"}' for raw in (b"\t", b"\x00", b"\x1f", b"\n", b"\r")]
    out += [b"text", b"]", b"}", b",", b":", b'"open', b"\\", b"\x00", b"\x00\x00{}", b"\xff", b"{"]
    out += [b"1", b"-0.5e3", b'"text"', b"true", b"false", b"null", b"{}[1, {}]", b"{}[]", b'""']
    out += [b"1 2 true", b'"a""b"', b"truefalse", b"01", b"1-2", b"nulll", b"tru", b"1.5.5", b"- 1"]
    out += [rb'"\ud800"', rb'{"song": "\ud800", x}', rb'{"song": x, "page": "\ud800"}']
    out += [rb'{"artist": ["\udfff"], "page" 1}', rb'["\ud800"', rb'{}["\ud800"]']
    out += [good[:-1], good[: len(good) // 2], good + b"}", good + b"]"]
    out += [good + b"," + good, b"," + good]
    out += [good + b" trailing", b"leading " + good, b"\x0b" + good, BOM + good, b"\xc2\xa0" + good]
    out += [b'{"a":\n {"b": 1},\n "c": no}', b'{"a":\n{"song": "\\ud800"},\n"b": x}']
    out += [b'{"a": {\n"b": 1,\n', b'{"a": x}\r\n\t no\r\n \r\n', b'{"a": x, "b": "\xff"}']
    out += [b'{"\x80', b'{"\xe2\x82"}', b'{"a": \xe2\x82']
    out += [b'{"a": ' + b"[" * 1024 + b"]" * 1024 + b"}", b'{"a": ' + b'{"a":' * 5000]
    out += [b"x" * 65_000, b"x" * 65_001, "xé".encode() * 33_000]
    out += [b"\x00" * 22_000, b"\xff" * 70_000]
    out += [b'{"a": "' + "é".encode() * 40_000 + b'"', "😀".encode() * 16_250 + b"x"]
    return out


def reject_files():
    files = [File("log", "values/all.json", lines(*reject_lines()))]
    new = Numbers(5000)
    between = []
    for number, text in enumerate(bad_json_texts()):
        between += [text, dump(new.play())]
        whole = dump(new.play()) + b"\n" + text + b"\n  " + dump(new.play()) + dump(new.play())
        files.append(File("log", f"json/{number:03}.json", whole))
        array = b"[" + dump(new.play()) + b",\n" + text + b",\n" + dump(new.play()) + b"\n]"
        files.append(File("log", f"array/{number:03}.json", array))
        files.append(File("log", f"alone/{number:03}.json", text))
    files.append(File("log", "json/all.json", lines(*between)))
    one, two = dump(new.play()), dump(new.play())
    arrays = (
        b"[",
        b"[\n\n",
        b"[" + one,
        b"[" + one + b",",
        b"[" + one + b",\n",
        b"[" + one + b",]",
        b"[" + one + b",,\n" + two + b"]",
        b"[," + one + b"\n" + two + b"]",
        b"[" + one + b"\n" + two + b",\n" + dump(new.play()) + b"]",
        b"[" + one + b" " + two + b"]",
        b"[" + one + b"]]",
        b"[" + one + b"]\n" + two + b"\n" + two + b" " + two + b"\n  x\n",
        b"[" + one + b'] x "\\ud800" \xff\n{"song": "\\ud800"}',
        b"[]" + one,
        b"[[" + one + b"]," + two + b"]",
        b"[1",
        b"[1, 2.5, null, " + one + b", {}, 01, " + two + b"]",
        b"[" + one[:-1] + b"\n" + two + b"]",
        b"[" + one[:-1] + b"]",
        b"[" + one + b"}",
        b"[x\n{\n{\n{}\n]",
        BOM + b"[" + one + b",",
    )
    files += [File("log", f"arrays/{n:02}.json", data) for n, data in enumerate(arrays)]
    songs = []
    for key, column in contract.SONG_COLUMNS.items():
        songs += [with_raw(song(200), key, raw) for raw in bad_values(column)]
        songs += [with_raw(song(200), key, rb'"\ud800"'), with_raw(song(200), key, b'"\xff"')]
        songs += [song(200, **{key: None}), song(200, **{key: ""}), song(201)]
    songs += [b"{}", dump(play(1, 1)), b"null", b"{} x"]
    files.append(File("song", "all.json", lines(*songs)))
    return files


def story_files():
    """Seven days with what a warehouse must get right: order, identity, users, matches, levels."""
    tide = {"title": "Tide", "artist_name": "The Weirs", "duration": 200.5}
    day = [NOVEMBER_MS + number * DAY_MS for number in range(8)]
    logs = {
        "2018-11-01": [
            play(10, 0, ts=day[0], level="free"),
            play(10, 1, ts=day[0] + 1000, level="paid"),
            play(10, 2, ts=day[0] + 1000, level="free"),  # a tie in time
            play(10, 3, ts=day[0] + 2000, level=None),
            play(10, 4, ts=day[0] + 2000, level=None),
            play(10, 5, ts=day[0] + 3000, level=""),
            play(10, 1, ts=day[0] + 1000, level="free", firstName="Twice"),  # a duplicate
            play(10, 1, ts=day[0] + 1001),  # a conflict
            play(10, 1, ts=day[0] + 1000, userId="8", firstName="Never seen"),  # a conflict
            event(10, 1, ts=day[0] + 5000, userId="9", firstName="Never played"),
            event(10, 1, ts=day[0] + 5000, userId="9", firstName="Tie, second", level="paid"),
        ],
        "2018-11-02": [
            play(20, 0, ts=day[1], song="Tide "),
            play(20, 1, ts=day[1], song="tide"),
            play(20, 2, ts=day[1], artist="The Weirs "),
            play(20, 3, ts=day[1], length=200.50001),
            play(20, 4, ts=day[1], length=200.500004),
            play(20, 5, ts=day[1], song="", artist=""),
            play(20, 6, ts=day[1], song="Caf\u00e9"),
            play(20, 7, ts=day[1], song="Cafe\u0301"),
            play(20, 8, ts=day[1], song="Bj\u00c3\u00b6rk"),
            play(20, 9, ts=day[1], song="Late", artist="Later"),
        ],
        "2018-11-03": [
            play(10, 0, ts=day[0], level="paid", firstName="Again"),  # a duplicate of day one
            play(10, 0, ts=day[2], level="paid"),  # a conflict with day one
            play(30, 0, ts=day[2], userId="11", level="paid", firstName="Newest"),
            event(30, 1, ts=day[2], userId="11", level="free", firstName="Same time, higher item"),
            event(29, 9, ts=day[2], userId="11", level="x", firstName="Same time, lower session"),
            event(30, 1, ts=day[2], userId="11", level="y", firstName="Same time and place"),
        ],
        "2018-11-04": [  # an old event comes late
            event(1, 0, ts=day[0] - 1, userId="7", level="old", firstName="Older"),
            play(1, 1, ts=day[0] - 1, userId="11", level="old", firstName="Older"),
            play(40, 0, ts=day[3], userId="7", level="paid", firstName="Ida now"),
            event(40, 1, ts=day[3] + 5, userId="", firstName="Nobody", level="z"),
        ],
        "2018-11-05": [
            play(50, item, ts=day[4] + item % 3, userId=str(item % 4), level="fp"[item % 2])
            for item in range(24)
        ],
        "2018-11-06": [
            play(60, item, ts=day[5] + 1000 * (9 - item), userId="5", level="ab"[item // 2 % 2])
            for item in range(10)
        ],
        "2018-11-07": [
            event(0, 0, ts=0, userId="0", firstName="Zero"),
            play(0, 0, ts=0, userId="0", firstName="Zero too"),
            play(70, 0, ts=1_546_214_400_000, song="Tide", level="week 1 of 2019"),
            play(70, 1, ts=1_609_459_200_000, song="Tide", level="week 53 of 2020"),
            play(70, 2, ts=1_582_934_400_000, song="Tide", level="leap day"),
            play(70, 3, ts=253_402_300_799_999, song="Tide", level="last"),
        ],
    }
    songs = {
        "A/1.json": [song(5, **tide), song(3, **tide, artist_id="AR005"), song(9, **tide)],
        "A/2.json": [song(4, **{**tide, "title": "Tide "}), song(6, **{**tide, "title": "TIDE"})],
        "B/1.json": [song(2, **tide, artist_location="replaced"), song(2, **tide, year=0)],
        "B/2.json": [
            song(7, **{**tide, "title": "", "artist_name": ""}),
            song(8, **{**tide, "title": "Caf\u00e9"}),
            song(1, **{**tide, "title": "Bj\u00c3\u00b6rk"}),
            song(10, **{**tide, "title": "Bj\u00f6rk"}),
        ],
        "C/1.json": [
            song(11, **tide, artist_id="AR001", artist_latitude=None),
            song(12, artist_id="AR001", artist_name="An other name", artist_longitude=5),
        ],
        "C/2.json": [  # ids by bytes: capitals first, then small ones, then beyond ASCII
            song(0, **{**tide, "title": "Late", "artist_name": "Later"}, song_id=song_id)
            for song_id in ("é", "a", "B", "b", "Ba", "😀", "\uffee")
        ],
        "D/1.json": [song(3, title="Renamed", artist_id="AR777"), song(2, **tide, artist_id="AR9")],
    }
    files = [File("log", f"2018/11/{name}-events.json", lines(*log)) for name, log in logs.items()]
    return files + [File("song", name, lines(*records)) for name, records in songs.items()]


def packed_files():
    new = Numbers(6000)
    files = []
    for suffix, pack in ((".gz", gzip.compress), (".zst", zstd), (".bz2", bz2.compress)):
        one, two = lines(new.play(), b"bad", new.play()), lines(new.play(), new.event())
        kept = dump(new.play())
        files += [
            File("log", "one.json" + suffix, pack(one)),
            File("log", "two.jsonl" + suffix, pack(one) + pack(two)),
            File("log", "split.ndjson" + suffix, pack(one[:50]) + pack(b"") + pack(one[50:])),
            File("log", "none.json" + suffix, pack(b"")),
            File("log", "bom.json" + suffix, pack(BOM + b"[" + kept + b"]")),
            File("log", "large.json" + suffix, pack(lines(*(new.play() for _ in range(400))))),
            File("song", "song.json" + suffix, pack(dump(song(len(suffix)), indent=4))),
        ]
    return files


def damaged_files():
    new = Numbers(7000)
    files = [File("log", "good.json", lines(new.play())), File("song", "good.json", dump(song(1)))]
    for suffix, pack in ((".gz", gzip.compress), (".zst", zstd), (".bz2", bz2.compress)):
        text = lines(*(new.play() for _ in range(50)))
        whole = pack(text)
        half = text.index(b"\n", len(text) // 2) + 1
        wrong = bytearray(whole)
        wrong[-1 if suffix != ".gz" else -6] ^= 0x40
        damaged = {
            "empty": b"",
            "cut_header": whole[:3],
            "cut_half": whole[: len(whole) // 2],
            "cut_last_byte": whole[:-1],
            "cut_trailer": whole[:-4],
            "cut_second": pack(text[:half]) + pack(text[half:])[:-2],
            "behind": whole + b"\n",
            "behind_zeros": whole + b"\0" * 64,
            "behind_text": whole + text,
            "checksum": bytes(wrong),
            "plain": text,
        }
        files += [File("log", name + ".json" + suffix, data) for name, data in damaged.items()]
        files.append(File("log", "good.json" + suffix, whole))
        files.append(File("song", "damaged.json" + suffix, pack(dump(song(2)))[:-1]))
    return files


def large_files():
    """Objects of many blocks, with a fault here and there."""
    rng = random.Random(11)
    titles = [song(n) for n in range(300)]
    files = []
    for number in range(3):
        records = []
        for _ in range(1200):
            heard = rng.choice(titles)
            record = play(
                rng.randrange(100),
                rng.randrange(60),
                ts=NOVEMBER_MS + rng.randrange(20 * DAY_MS),
                userId=str(rng.randrange(40)),
                level=rng.choice(["free", "paid"]),
                song=heard["title"],
                artist=heard["artist_name"],
                length=heard["duration"] + rng.choice([0, 0, 0.000004, 0.00001]),
            )
            data = dump(record, indent=rng.choice([None, None, None, 2]))
            if rng.random() < 0.02:
                data = mutated(rng, data)
            if records and rng.random() < 0.03:
                data = rng.choice(records)
            records.append(data)
        text = b"\n".join(records)
        if number == 2:
            text = b"[" + b",\n".join(records) + b"]"
        files.append(File("log", f"large-{number}.json", text))
    files.append(File("song", "large.json", lines(*titles)))
    return files


CORPORA = {
    "framing": framing_files,
    "values": value_files,
    "rejects": reject_files,
    "story": story_files,
    "packed": packed_files,
    "damaged": damaged_files,
    "large": large_files,
}

# Each object a group of its own is dear with hundreds of them; tests/torture/bad_input.py has small
# groups of such objects.
NOT_REJECTS = tuple(name for name in CORPORA if name != "rejects")
# Where a run is slower, the order of files and runs is tried with records that meet in the tables. How
# a file is read has been seen in one run, and does not depend on what was loaded before.
IS_QUICK = warehouses.kind() == warehouses.DUCKDB
IN_ORDER = NOT_REJECTS if IS_QUICK else ("values", "story", "large")


# --- Mutations -----------------------------------------------------------------------------------

TOKENS = (
    b'{ } [ ] " , : \\ \\u0000 \\ud800 \\udc00 \\u \\x \xff \xc3 \xf0\x9f \x00 \x1f 0 - . e 1e999 '
    b'null true {} [] {{ }} ]} "" "," \xef\xbb\xbf // \xe2\x80\xa8'
).split(b" ") + [b"\n", b"\r\n", b"\r", b"\t", b" ", b"\n{", b"}\n", b"\n \t{", b",\n", b"]\n["]


def mutated(rng, data):
    place = rng.randrange(len(data) + 1)
    kind = rng.randrange(6)
    if kind <= 2:
        return data[:place] + rng.choice(TOKENS) + data[place:]
    length = rng.choice([1, 1, 2, 5, 20])
    if kind == 3:
        return data[:place] + data[place + length :]
    if kind == 4:
        return data[:place] + data[place : place + length] + data[place:]
    if place == len(data):
        return data
    return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]


def random_record(rng, kind):
    if kind == "song":
        return song(rng.randrange(12), title=rng.choice(["Tide", "Ebb", ""]), duration=200.5)
    maker = rng.choice([play, play, event])
    return maker(
        rng.randrange(8),
        rng.randrange(6),
        ts=NOVEMBER_MS + rng.randrange(3),
        userId=str(rng.randrange(3)),
        song=rng.choice(["Tide", "Ebb", "ü"]),
        artist=f"Artist {rng.randrange(12)}",
        level=rng.choice(["free", "paid", None]),
    )


def fuzz_files(seed, count=150):
    rng = random.Random(seed)
    files = []
    for number in range(count):
        kind = rng.choice(["log", "log", "song"])
        indent = rng.choice([None, None, None, 1])
        records = [
            dump(random_record(rng, kind), ascii_only=rng.random() < 0.5, indent=indent)
            for _ in range(rng.randrange(1, 7))
        ]
        shape = rng.randrange(4)
        if shape == 0:
            data = b"[" + rng.choice([b",", b",\n", b" , "]).join(records) + b"]"
        else:
            data = rng.choice([b"\n", b"\n", b"\r\n", b"", b" ", b"\n\n"]).join(records)
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3, 6])):
            data = mutated(rng, data)
        if rng.random() < 0.15:
            data = data[: rng.randrange(len(data) + 1)]
        files.append(File(kind, f"{seed}/{number:04}.json", data))
    return files


# --- Tests ---------------------------------------------------------------------------------------


class Scenario:
    """A folder of sources, a warehouse that the program fills, and the oracle's beside it."""

    def __init__(self, test):
        folder = tempfile.TemporaryDirectory()
        test.addCleanup(folder.cleanup)
        self.test = test
        self.folder = pathlib.Path(folder.name).resolve()
        self.warehouse = warehouses.new(self.folder)
        test.addCleanup(warehouses.drop, self.warehouse)
        self.oracle = contract.Warehouse()
        self.contents = {}  # uri: bytes, for messages
        self.writes = 0
        for kind in ("log", "song"):
            self.source(kind).mkdir()
        self.call("create-tables")

    def source(self, kind):
        return self.folder / f"{kind}_data"

    def write(self, *files):
        for file in files:
            path = self.source(file.kind) / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
            self.writes += 1
            at = 1_700_000_000 + 10 * self.writes  # no two versions of a file have one time
            os.utime(path, (at, at))

    def call(self, command, *options, env=None, exit_code=EXIT_OK):
        where = sparkify.options(self.warehouse)
        env = sparkify.on_warehouse(self.warehouse, env)
        done = sparkify.run(command, *where, *options, env=env)
        message = f"{command} {options} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.test.assertEqual(done.returncode, exit_code, message)
        return done

    def etl(self, *options, kinds=("log", "song"), env=None):
        """One run of both; the program's finished process."""
        objects = {kind: self.objects(kind) if kind in kinds else [] for kind in ("log", "song")}
        expected = self.oracle.apply_run(objects["song"], objects["log"])
        done = self.program(*options, kinds=kinds, env=env, failed=expected.failed)
        for uri in expected.failed:
            shown = done.stdout + done.stderr
            self.test.assertIn(os.path.basename(uri), shown, "the error names the object")
        return done

    def objects(self, kind):
        folder = self.source(kind)
        objects = warehouses.publish(folder, sparkify.folder_objects(folder))
        self.contents.update({uri: data for uri, _, data in objects})
        return objects

    def program(self, *options, kinds=("log", "song"), env=None, failed=(), exit_code=None):
        sources = []
        for kind in kinds:
            self.objects(kind)
            sources += [f"--{kind}-data", warehouses.location(self.source(kind))]
        if exit_code is None:
            exit_code = EXIT_SOURCE if failed else EXIT_OK
        return self.call("etl", *sources, *options, env=env, exit_code=exit_code)

    def check(self, without=()):
        expected = self.oracle.tables()
        found = sparkify.warehouse_tables(self.warehouse)
        for table in without:
            expected.pop(table)
        text = sparkify.difference(expected, found)
        if text:
            self.test.fail(f"the tables differ\n{text}\n{self.inputs(expected, found)}")

    def inputs(self, expected, found):
        """The first few files whose objects or rejects differ."""
        uris = []
        for table, place in (("etl_objects", 0), ("etl_rejects", 1)):
            here, there = expected.get(table, []), found[table]
            rows = sparkify.subtract(here, there) + sparkify.subtract(there, here)
            uris += [row[place] for row in rows if row[place] not in uris]
        return "\n".join(f"{uri}: {sparkify.cut(self.contents.get(uri), 1500)}" for uri in uris[:3])


class LoadCase(unittest.TestCase):
    """Helpers: ways to load a corpus."""

    def each_corpus(self, load, names=tuple(CORPORA)):
        for name in names:
            with self.subTest(corpus=name):
                scenario = Scenario(self)
                load(scenario, CORPORA[name]())
                scenario.check()

    def one_run(self, *options, env=None, names=tuple(CORPORA)):
        def load(scenario, files):
            scenario.write(*files)
            scenario.etl(*options, env=env)

        self.each_corpus(load, names)

    def kind_by_kind(self, *kinds):
        def load(scenario, files):
            scenario.write(*files)
            for kind in kinds:
                scenario.etl(kinds=(kind,))

        self.each_corpus(load, IN_ORDER)

    def day_by_day(self, env=None, backwards=False, days=6):
        def load(scenario, files):
            ordered = files[::-1] if backwards else files
            step = -(-len(ordered) // days)
            for start in range(0, len(ordered), step):
                scenario.write(*ordered[start : start + step])
                scenario.etl(env=env)

        self.each_corpus(load, IN_ORDER)

    def tell(self, order, env=None):
        """File by file, compared after every run."""
        scenario = Scenario(self)
        for file in order:
            scenario.write(file)
            scenario.etl(env=env)
            scenario.check()


class CorpusTest(LoadCase):
    """Each corpus, loaded in every way that must not show."""

    def test_one_run(self):
        self.one_run()

    def test_a_group_for_each_object_with_four_threads(self):
        self.one_run("--threads", 4, env={"SPARKIFY_GROUP_BYTES": "1"}, names=IN_ORDER)

    def test_small_groups_blocks_and_little_memory(self):
        small = {"SPARKIFY_BLOCK_BYTES": "4096", "SPARKIFY_GROUP_BYTES": "20000"}
        names = tuple(CORPORA) if IS_QUICK else NOT_REJECTS
        self.one_run("--threads", 4, "--memory-limit", "1GiB", env=small, names=names)

    def test_a_part_of_the_files_in_each_run(self):
        self.day_by_day()

    def test_the_parts_in_reverse(self):
        self.day_by_day(backwards=True)

    def test_songs_before_logs(self):
        self.kind_by_kind("song", "log")

    def test_logs_before_songs(self):
        self.kind_by_kind("log", "song")


class CutTest(LoadCase):
    """How the work is cut for threads, groups and blocks: the same before every warehouse."""

    def test_one_thread(self):
        self.one_run("--threads", 1)

    def test_four_threads(self):
        self.one_run("--threads", 4)

    def test_groups_of_some_objects(self):
        self.one_run("--threads", 4, env={"SPARKIFY_GROUP_BYTES": "5000"})

    def test_blocks_of_64_bytes(self):
        self.one_run(env={"SPARKIFY_BLOCK_BYTES": "64"})

    def test_a_second_run_changes_nothing(self):
        def load(scenario, files):
            scenario.write(*files)
            scenario.etl()
            runs = sparkify.query_rows(scenario.warehouse, "select * from etl_runs")
            failed = bool(scenario.etl().returncode)
            if not failed:
                again = sparkify.query_rows(scenario.warehouse, "select * from etl_runs")
                self.assertEqual(runs, again, "a run with nothing new writes nothing")

        self.each_corpus(load)


if not IS_QUICK:
    del CutTest


class StoryTest(LoadCase):
    """The story corpus, in many orders."""

    def test_file_by_file(self):
        self.tell(story_files())

    def test_backwards(self):
        self.tell(story_files()[::-1])

    def test_in_random_order(self):
        for seed in range(3 if IS_QUICK else 1):
            with self.subTest(seed=seed):
                files = story_files()
                random.Random(seed).shuffle(files)
                self.tell(files)

    def test_every_file_again_with_a_new_time(self):
        scenario = Scenario(self)
        files = story_files()
        scenario.write(*files)
        scenario.etl()
        scenario.write(*files)
        scenario.etl()
        scenario.check()

    def test_the_same_records_under_other_names(self):
        scenario = Scenario(self)
        files = story_files()
        scenario.write(*files)
        scenario.write(*(File(f.kind, f"a copy of/{f.path}", f.data) for f in files))
        scenario.etl("--threads", 4, env={"SPARKIFY_GROUP_BYTES": "1"})
        scenario.check()


class StraightTest(LoadCase):
    """Groups whose plays are all new go straight into the star; others only try to."""

    ALL = {"SPARKIFY_STRAIGHT_BYTES": "1"}
    EACH_OBJECT = {**ALL, "SPARKIFY_GROUP_BYTES": "1"}

    def test_one_run(self):
        self.one_run(env=self.ALL)

    def test_a_group_for_each_object_with_small_blocks(self):
        small = {**self.EACH_OBJECT, "SPARKIFY_BLOCK_BYTES": "4096"}
        self.one_run("--threads", 4, env=small, names=IN_ORDER)

    def test_a_part_of_the_files_in_each_run(self):
        self.day_by_day(env=self.EACH_OBJECT)

    def test_a_story_file_by_file(self):
        self.tell(story_files(), env=self.EACH_OBJECT)

    def test_a_story_backwards(self):
        self.tell(story_files()[::-1], env=self.EACH_OBJECT)


if warehouses.kind() == warehouses.REDSHIFT:
    del StraightTest  # it stages every group


class RunTest(unittest.TestCase):
    def setUp(self):
        self.scenario = Scenario(self)

    def test_no_files_at_all(self):
        self.scenario.etl()
        self.scenario.check()

    def test_a_file_that_grows(self):
        records = [play(1, item, level="free" if item % 3 else "paid") for item in range(12)]
        for count in (4, 8, 12):
            self.scenario.write(File("log", "grows.json", lines(*records[:count])))
            self.scenario.etl()
            self.scenario.check()

    def test_a_file_that_shrinks_and_changes(self):
        for records in (
            [play(1, 0), play(1, 1), play(1, 2)],
            [play(1, 1, level="paid", location="Elsewhere")],
            [play(1, 1, ts=5), play(1, 0, userId="99"), play(1, 9)],
            [play(1, 0), b"broken"],
        ):
            self.scenario.write(File("log", "changes.json", lines(*records)))
            self.scenario.etl()
            self.scenario.check()

    def test_a_song_that_changes(self):
        tide = {"title": "Tide", "artist_name": "The Weirs", "duration": 200.5}
        self.scenario.write(File("log", "a.json", lines(play(1, 0), play(1, 1, song="Ebb"))))
        for record in (
            song(1, **tide),
            song(1, **{**tide, "title": "Ebb"}, artist_id="OTHER"),
            song(1, title="Neither", artist_name="New name"),
            song(2, **tide),
            song(0, **tide),
        ):
            number = 2 + self.scenario.writes
            self.scenario.write(File("song", "a.json", lines(record)))
            self.scenario.write(File("log", f"{number}.json", lines(play(number, 0))))
            self.scenario.etl()
            self.scenario.check()

    def test_a_damaged_file_is_loaded_once_it_is_whole(self):
        whole = gzip.compress(lines(play(1, 0), play(1, 1)))
        self.scenario.write(File("log", "a.json.gz", whole[:-1]))
        self.scenario.write(File("log", "b.json", lines(play(2, 0))))
        self.scenario.etl()
        self.scenario.check()
        self.scenario.write(File("log", "a.json.gz", whole))
        self.scenario.etl()
        self.scenario.check()

    def test_a_long_damaged_file_whose_rows_were_staged_before_it_was_known(self):
        records = [play(number // 50, number % 50) for number in range(6000)]  # several batches
        whole = gzip.compress(lines(b"bad", *records))
        self.scenario.write(File("log", "a.json.gz", whole[:-9]))
        self.scenario.write(File("log", "b.json", lines(b"bad as well", play(200, 0))))
        self.scenario.etl()
        self.scenario.check()
        self.scenario.write(File("log", "a.json.gz", whole))
        self.scenario.etl()
        self.scenario.check()

    def test_only_damaged_files(self):
        self.scenario.write(File("log", "a.json.gz", gzip.compress(lines(play(1, 0)))[:-1]))
        self.scenario.etl()
        self.scenario.check()

    def load_conflicts(self, env):
        rng = random.Random(5)
        for number in range(40):
            records = [
                play(
                    rng.randrange(4),
                    rng.randrange(8),
                    ts=NOVEMBER_MS + rng.randrange(2),
                    userId=str(rng.randrange(2)),
                    level=f"from {number}",
                )
                for _ in range(6)
            ]
            self.scenario.write(File("log", f"{number:02}.json", lines(*records)))
        self.scenario.etl("--threads", 4, env=env)
        self.scenario.check()

    def test_conflicts_across_groups_and_threads(self):
        self.load_conflicts({"SPARKIFY_GROUP_BYTES": "3000"})

    def test_conflicts_where_rows_go_straight_into_the_star(self):
        self.load_conflicts({"SPARKIFY_GROUP_BYTES": "3000", "SPARKIFY_STRAIGHT_BYTES": "1"})

    def test_uris_are_taken_in_byte_order(self):
        names = ("b", "a", "B", "a-", "a/z", "a0", "é", "z", "10", "9", "a b", "😀", "\uffee", "_")
        for number, name in enumerate(names):
            record = play(1, 0, level=name, firstName=name, location=name)
            self.scenario.write(
                File("log", f"{name}.json", lines(record)),
                File("song", f"{name}.json", lines(song(1, title=name))),
            )
        self.scenario.etl("--threads", 4, env={"SPARKIFY_GROUP_BYTES": "1"})
        self.scenario.check()

    def test_a_dry_run_writes_nothing(self):
        self.scenario.write(*story_files())
        self.scenario.program("--dry-run")
        self.scenario.check()
        self.scenario.etl()
        self.scenario.check()

    def test_too_many_rejects_roll_their_group_back(self):
        files = [
            File("log", f"{name}.json", lines(play(number, 0), b"bad", play(number, 1), b"bad"))
            for number, name in enumerate("abc")
        ]
        self.scenario.write(*files)
        objects = self.scenario.objects("log")
        one_each = {"SPARKIFY_GROUP_BYTES": "1"}
        limit = ("--threads", 1, "--max-rejects", 3)
        self.scenario.program(*limit, kinds=("log",), env=one_each, exit_code=EXIT_CHECKS)
        self.scenario.oracle.apply_run([], objects[:1])
        self.scenario.check(without=["etl_runs"])
        self.scenario.etl("--max-rejects", 4, kinds=("log",), env=one_each)
        self.scenario.check(without=["etl_runs"])

    def test_one_reject_in_its_group(self):
        self.scenario.write(File("log", "a.json", lines(b"bad", play(1, 0))))
        self.scenario.etl()
        self.scenario.check()

    def test_as_many_rejects_as_allowed(self):
        self.scenario.write(File("log", "a.json", lines(b"bad", b"{}", play(1, 0))))
        self.scenario.etl("--max-rejects", 2)
        self.scenario.check()


class CutOffSongsTest(unittest.TestCase):
    """Plays wait for songs, and a run ends between two groups of these. The next one goes on where it
    ended, as one run with it; or, where it cannot be one, makes up for it first."""

    def setUp(self):
        self.scenario = Scenario(self)
        self.scenario.write(File("log", "a.json", lines(play(1, 0))))

    def songs(self, bad="", **titles):
        """Files by name: the song's id and its title. `bad`: the last one, which has a reject."""
        for name, (song_id, title) in titles.items():
            record = song(1, song_id=song_id, title=title, artist_name="The Weirs", duration=200.5)
            data = lines(record) + (b"[]\n" if name == bad else b"")
            self.scenario.write(File("song", f"{name}.json", data))

    def cut_off(self, loaded, is_made_up_for):
        """A run that loads those files and none that come later."""
        limit = {"env": {"SPARKIFY_GROUP_BYTES": "1"}, "kinds": ("song",), "exit_code": EXIT_CHECKS}
        self.scenario.program("--max-rejects", 0, **limit)
        objects = {uri.rsplit("/", 1)[1]: (uri, *rest) for uri, *rest in self.scenario.objects("song")}
        these = [objects[f"{name}.json"] for name in loaded]
        self.scenario.oracle.apply_run(these, [], late_songs=False)
        self.scenario.check(without=["etl_runs"])
        if is_made_up_for:
            self.scenario.oracle.match_late_songs()

    def expect(self, song_id, **etl):
        self.scenario.etl(**etl)
        self.scenario.check(without=["etl_runs"])
        sql = "select song_id from songplays order by songplay_id"
        rows = sparkify.query_rows(self.scenario.warehouse, sql)
        self.assertEqual(rows[0]["song_id"], song_id)

    def test_the_same_sources_go_on(self):
        """Of two that match, the second is the smaller one; both have replaced others."""
        self.songs(a=("Z9", "old"), b=("A1", "old"))
        self.scenario.etl()
        self.songs(bad="b", a=("Z9", "Tide"), b=("A1", "Tide"))
        self.cut_off("a", is_made_up_for=False)
        self.expect("A1")

    def test_a_record_that_the_rest_replaces_was_never_there(self):
        self.scenario.etl()
        self.songs(bad="b", a=("X1", "Tide"), b=("X1", "Ebb"))
        self.cut_off("a", is_made_up_for=False)
        self.expect(None)

    def test_what_was_loaded_is_gone(self):
        self.scenario.etl()
        self.songs(bad="z", m=("X1", "Tide"), z=("Y1", "other"))
        self.cut_off("m", is_made_up_for=True)
        (self.scenario.source("song") / "m.json").unlink()
        self.songs(n=("X1", "Ebb"))
        self.expect("X1")

    def test_what_was_loaded_has_changed(self):
        self.scenario.etl()
        self.songs(bad="z", m=("X1", "Tide"), z=("Y1", "other"))
        self.cut_off("m", is_made_up_for=True)
        self.songs(m=("X1", "Ebb"))
        self.expect("X1")

    def test_something_new_comes_before_what_was_loaded(self):
        self.scenario.etl()
        self.songs(bad="z", m=("X1", "Tide"), z=("Y1", "other"))
        self.cut_off("m", is_made_up_for=True)
        self.songs(b=("X1", "Ebb"))
        self.expect("X1")

    def test_who_makes_up_for_a_run_notes_it_in_that_run_s_row(self):
        self.scenario.etl()
        self.songs(bad="z", m=("X1", "Tide"), z=("Y1", "other"))
        self.cut_off("m", is_made_up_for=True)
        self.scenario.write(File("log", "b.json", lines(play(2, 0, song="other"))))
        self.scenario.etl(kinds=("log",))  # in between, and leaves them
        self.songs(m=("X1", "Ebb"))
        self.expect("X1")
        sql = "select late_matches from etl_runs order by run_id"
        found = [row["late_matches"] for row in sparkify.query_rows(self.scenario.warehouse, sql)]
        self.assertEqual([None if text is None else int(text) for text in found], [None, 1, None, 1])

    def test_one_that_is_damaged_changes_nothing(self):
        """It comes before what was loaded, and is none of what the next run applies."""
        self.scenario.etl()
        self.songs(bad="d", c=("Z9", "Tide"), d=("A1", "Tide"))
        self.scenario.write(File("song", "b.json.gz", gzip.compress(lines(song(3)))[:-9]))
        self.cut_off("c", is_made_up_for=False)
        self.expect("A1")

    def test_a_run_without_songs_leaves_them_to_one_that_has_some(self):
        self.scenario.etl()
        self.songs(bad="z", m=("Z9", "Tide"), z=("A1", "Tide"))
        self.cut_off("m", is_made_up_for=False)
        logs = {"kinds": ("log",)}
        self.assertIn("Nothing new", self.scenario.program(**logs).stdout)
        nowhere = self.scenario.folder / "nowhere"
        nowhere.mkdir()
        self.assertIn("Nothing new", self.scenario.call("etl", "--song-data", nowhere).stdout)
        self.scenario.write(File("log", "b.json", lines(play(2, 0, song="Ebb"))))
        plan = ("--dry-run", "--sql")
        self.assertNotIn("-- Late songs:", self.scenario.program(*plan, **logs).stdout)
        self.assertIn("-- Late songs:", self.scenario.program(*plan).stdout)
        self.scenario.program(**logs)
        self.scenario.oracle.apply_run([], self.scenario.objects("log"), late_songs=False)
        self.scenario.check(without=["etl_runs"])
        self.expect("A1")

    def test_one_that_is_cut_off_again(self):
        self.scenario.etl()
        self.songs(bad="b", a=("Z9", "Tide"), b=("M5", "Tide"), c=("A1", "Tide"))
        self.cut_off("a", is_made_up_for=False)
        self.songs(bad="c", b=("M5", "Tide"), c=("A1", "Tide"))
        self.cut_off("b", is_made_up_for=False)
        self.expect("A1")


class StagingTest(unittest.TestCase):
    """Staging shows every column as it was read, also those that no table keeps."""

    def check(self, kind, table, data):
        scenario = Scenario(self)
        scenario.write(File(kind, "a.json", data))
        scenario.etl("--keep-staging", kinds=(kind,))
        columns = [*contract.COLUMNS[kind].values(), "record_no"]
        names = ", ".join(f'"{name}"' for name in columns)
        found = sparkify.query_rows(scenario.warehouse, f"select {names} from {table}")
        expected = [
            contract.normalise_row({**row.columns, "record_no": row.record_no})
            for row in contract.read_records(data, kind).rows
        ]
        found = [contract.normalise_row(row) for row in found]
        text = sparkify.difference(
            {table: contract.sorted_rows(expected)}, {table: contract.sorted_rows(found)}
        )
        self.assertEqual(text, "")
        scenario.check()

    def test_events(self):
        self.check("log", "staging_events", lines(*value_lines()))

    def test_events_between_rejects(self):
        self.check("log", "staging_events", lines(*reject_lines()))

    def test_songs(self):
        self.check("song", "staging_songs", lines(*song_value_lines()))

    def test_staging_is_empty_after_a_run(self):
        scenario = Scenario(self)
        scenario.write(*story_files())
        scenario.etl()
        for table in ("staging_events", "staging_songs"):
            count = f"select count(*) as n from {table}"
            self.assertEqual(sparkify.query_rows(scenario.warehouse, count), [{"n": 0}])


class FuzzTest(unittest.TestCase):
    def test_mutated_files(self):
        ways = [{}, {"SPARKIFY_BLOCK_BYTES": "4096", "SPARKIFY_GROUP_BYTES": "2000"}]
        if IS_QUICK:
            ways.append({"SPARKIFY_BLOCK_BYTES": "64"})
        for seed in range(int(os.environ.get("SPARKIFY_FUZZ_ROUNDS", "1"))):
            for env in ways:
                with self.subTest(seed=seed, env=env):
                    scenario = Scenario(self)
                    scenario.write(*fuzz_files(seed))
                    scenario.etl("--threads", 4, env=env)
                    scenario.check()


class RealDataTest(unittest.TestCase):
    def load(self, *options, env=None):
        root = pathlib.Path(os.environ["SPARKIFY_REAL_DATA"])
        scenario = Scenario(self)
        scenario.source = lambda kind: (root / f"{kind}_data").resolve()
        scenario.etl(*options, env=env)
        scenario.check()
        return scenario

    def test_known_counts(self):
        scenario = self.load()
        for sql, expected in (
            ("select sum(records) as n from etl_objects where uri like '%/log_data/%'", 3574),
            ("select count(*) as n from songplays", 3041),
            ("select count(*) as n from users", 86),
            ('select count(*) as n from "time"', 3039),
            ("select count(*) as n from etl_rejects", 0),
        ):
            found = sparkify.query_rows(scenario.warehouse, sql)[0]["n"]
            self.assertEqual(int(found), expected, sql)

    def test_small_groups_and_blocks(self):
        small = {"SPARKIFY_GROUP_BYTES": "1", "SPARKIFY_BLOCK_BYTES": "4096"}
        self.load("--threads", 4, env=small)


if not os.environ.get("SPARKIFY_REAL_DATA"):
    del RealDataTest  # the project has none; .ci/run says where there is some


if __name__ == "__main__":
    unittest.main()
