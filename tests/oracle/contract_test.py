"""The oracle's own tests: one case for each rule that it stands for."""

import bz2
import gzip
import json
import random
import subprocess
import unittest
from decimal import Decimal

import contract
from contract import Array, Damaged, Literal, Number, Object, Reject, Row, Text

EVENT = {"page": "Home", "ts": 1000, "sessionId": 1, "itemInSession": 0}
PLAY = {
    "page": "NextSong",
    "ts": 1_541_105_830_796,
    "sessionId": 3,
    "itemInSession": 2,
    "userId": "7",
    "song": "Tide",
    "artist": "The Weirs",
    "length": 200.5,
    "level": "free",
}
SONG = {
    "song_id": "S1",
    "title": "Tide",
    "artist_id": "A1",
    "artist_name": "The Weirs",
    "duration": 200.5,
    "year": 0,
}


def dumps(record, **changes):
    return json.dumps({**record, **changes}).encode()


def event(**changes):
    return dumps(EVENT, **changes)


def with_value(record, key, raw):
    """A record whose key has a value written just so."""
    rest = {name: value for name, value in record.items() if name != key}
    return json.dumps(rest)[:-1].encode() + b', "%s": %s}' % (key.encode(), raw)


def log(data):
    return contract.read_records(data, "log").records


def song(data):
    return contract.read_records(data, "song").records


def outline(records):
    """A row as its record_no; a reject as its reason."""
    return [r.record_no if isinstance(r, Row) else r.reason for r in records]


def places(records):
    return [(r.line, r.byte_offset) for r in records]


def texts(records):
    return [r.raw_text for r in records]


def verdict(record):
    """(reason, column) of a reject; None for a row."""
    return (record.reason, record.column_name) if isinstance(record, Reject) else None


class FramingTest(unittest.TestCase):
    A = event(itemInSession=1)
    B = event(itemInSession=2)

    def check(self, data, expected):
        records = log(data)
        self.assertEqual(outline(records), expected)
        self.assertEqual([r.record_no for r in records], list(range(1, len(records) + 1)))
        return records

    def test_nothing_has_no_records(self):
        for data in (b"", b" \r\n\t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"[]", b" [ \n ] \n"):
            self.check(data, [])

    def test_rule_1_a_byte_order_mark_counts_in_the_offset(self):
        records = self.check(b"\xef\xbb\xbf" + self.A + b"\n" + self.B, [1, 2])
        self.assertEqual(places(records), [(1, 3), (2, 4 + len(self.A))])
        self.check(b"\xef\xbb\xbf\xef\xbb\xbf" + self.A, ["bad_json"])
        self.check(b"\n\xef\xbb\xbf" + self.A + b"\n" + self.B, ["bad_json", 2])

    def test_rule_3_values_of_a_stream_need_no_space(self):
        self.check(self.A + self.B, [1, 2])
        self.check(b"\n\n " + self.A + b"\r\n\t\n" + self.B + b" ", [1, 2])
        pretty = json.dumps(EVENT, indent=4).encode()
        records = self.check(pretty + b"\n" + pretty, [1, 2])
        self.assertEqual(records[1].line, pretty.count(b"\n") + 2)

    def test_rule_4_an_array(self):
        self.check(b" [" + self.A + b"\n ,\n" + self.B + b"]\n\n", [1, 2])

    def test_rule_4_nothing_behind_the_bracket_is_loaded(self):
        records = self.check(
            b"[" + self.A + b"] 5\n" + self.B + b"\n  " + self.A + self.B,
            [1, "bad_json", "bad_json", "bad_json"],
        )
        self.assertEqual(records[1].raw_text, "5")
        self.assertEqual(records[3].raw_text, (self.A + self.B).decode())
        self.check(b"[][]", ["bad_json"])

    def test_rule_5_other_values_are_bad_json_and_reading_goes_on_behind(self):
        records = self.check(
            self.A + b'1.5e3"x"true null[1,{}]' + self.B, [1] + ["bad_json"] * 5 + [7]
        )
        self.assertEqual(texts(records)[1:6], ["1.5e3", '"x"', "true", "null", "[1,{}]"])
        records = self.check(b"[1, [2], " + self.A + b"]", ["bad_json", "bad_json", 3])
        self.assertEqual(texts(records)[:2], ["1", "[2]"])

    def test_rule_6_a_bad_record_ends_before_the_next_line_that_begins_with_a_brace(self):
        records = self.check(b'{"a": x}{}\n, ]\n \t' + self.A, ["bad_json", 2])
        self.assertEqual(texts(records)[0], '{"a": x}{}\n, ]')
        self.assertEqual(places(records), [(1, 0), (3, 17)])
        self.check(b"nonsense {}", ["bad_json"])
        self.check(b"]\n" + self.A, ["bad_json", 2])
        self.check(self.A + b"," + self.B + b"\n" + self.A, [1, "bad_json", 3])

    def test_rule_6_a_record_broken_by_the_next_line_ends_before_it(self):
        self.check(b'{"page": "Home",\n' + self.A, ["bad_json", 2])
        self.check(b'{"page": "Home\n' + self.A, ["bad_json", 2])

    def test_rule_6_the_next_line_is_looked_for_from_the_first_byte_on(self):
        data = b'{"a":\n {"b": 1},\n "c": no}\n' + self.A
        records = self.check(data, ["bad_json", "missing_field", "bad_json", 4])
        self.assertEqual(texts(records)[:3], ['{"a":', '{"b": 1}', ',\n "c": no}'])

    def test_rule_6_in_an_array(self):
        self.check(b"[" + self.A + b",," + self.B + b"]", [1, "bad_json"])
        self.check(b"[" + self.A + b",]", [1, "bad_json"])
        self.check(b"[," + self.A + b"\n" + self.B + b"]", ["bad_json", 2])
        records = self.check(
            b"[" + self.A + b"\n" + self.A + b",\n" + self.B + b"]", [1, "bad_json", 3]
        )
        self.assertEqual(records[1].raw_text, self.A.decode() + ",")

    def test_rule_7_an_array_without_its_end(self):
        records = self.check(b"[" + self.A + b",\n", [1, "bad_json"])
        self.assertEqual(texts(records)[1], "")
        self.assertEqual(places(records)[1], (2, len(self.A) + 3))
        self.check(b"[", ["bad_json"])
        self.check(b"[" + self.A, [1, "bad_json"])
        self.check(b"[1", ["bad_json", "bad_json"])
        self.check(b"[" + self.A[:-1], ["bad_json"])
        self.check(b"[" + self.A[:-1] + b"\n" + self.B, ["bad_json", 2, "bad_json"])

    def test_rule_8_depth(self):
        def nested(levels):
            return with_value(EVENT, "x", b"[" * (levels - 1) + b"]" * (levels - 1))

        self.check(nested(1024), [1])
        self.check(nested(1025), ["bad_json"])
        self.check(nested(1025) + b"\n" + self.A, ["bad_json", 2])
        self.check(b"[" + nested(1024) + b"]", [1])
        self.check(b"[" + b"[" * 5000, ["bad_json"])

    def test_numbers_end_where_their_grammar_ends(self):
        records = self.check(b"01 -5", ["bad_json"] * 3)
        self.assertEqual(texts(records), ["0", "1", "-5"])
        self.assertEqual(texts(log(b"1.\n5")), ["1.\n5"])


class ScannerTest(unittest.TestCase):
    """The scanner and Python's json agree on what is well-formed, and on what it says."""

    def scan(self, data):
        """The one value that the data is, or None."""
        scanner = contract.Scanner(data, contract.skip_space(data, 0))
        try:
            value = scanner.value()
        except contract.Fault:
            return None
        return value if contract.skip_space(data, scanner.pos) == len(data) else None

    def plain(self, value):
        if isinstance(value, Text):
            return value.value
        if isinstance(value, Number):
            return Decimal(value.digits)
        if isinstance(value, Literal):
            return value.value
        if isinstance(value, Array):
            return [self.plain(item) for item in value.items]
        return ("object", [(key, self.plain(item)) for key, item in value.members])

    def by_python(self, data):
        def refuse(word):
            raise ValueError(word)

        try:
            return json.loads(
                data.decode("utf-8"),
                parse_float=Decimal,
                parse_int=Decimal,
                parse_constant=refuse,
                object_pairs_hook=lambda pairs: ("object", pairs),
            )
        except ValueError:
            return ValueError

    def check(self, data):
        value = self.scan(data)
        found = ValueError if value is None else self.plain(value)
        self.assertEqual(found, self.by_python(data), data)
        return found is not ValueError

    def random_value(self, rng, depth):
        kind = rng.randrange(9 if depth else 6)
        if kind == 0:
            return rng.choice([None, True, False])
        if kind == 1:
            return rng.randrange(-(10**6), 10**6)
        if kind == 2:
            return rng.uniform(-1, 1) * 10.0 ** rng.randrange(-30, 30)
        if kind <= 5:
            alphabet = 'ab"\\/\b\n\x01\x7f é€😀{}[],:'
            return "".join(rng.choice(alphabet) for _ in range(rng.randrange(8)))
        if kind == 6:
            return [self.random_value(rng, depth - 1) for _ in range(rng.randrange(4))]
        return {
            str(self.random_value(rng, 0)): self.random_value(rng, depth - 1)
            for _ in range(rng.randrange(4))
        }

    def test_well_formed_input_reads_as_python_reads_it(self):
        rng = random.Random(1)
        for _ in range(2000):
            indent = rng.choice([None, None, 1])
            text = json.dumps(
                self.random_value(rng, 4), ensure_ascii=rng.random() < 0.5, indent=indent
            )
            self.assertTrue(self.check(text.encode()))

    def test_the_same_mutations_are_refused(self):
        rng = random.Random(2)
        alphabet = '{}[],:"\\0123456789.eE+-truefalsn/u \t\n\x00\x1f'
        accepted = 0
        for _ in range(6000):
            text = list(json.dumps(self.random_value(rng, 3), ensure_ascii=False))
            for _ in range(rng.randrange(1, 3)):
                place = rng.randrange(len(text) + 1)
                text[place : place + rng.randrange(2)] = rng.choice(alphabet)
            accepted += self.check("".join(text).encode())
        self.assertGreater(accepted, 500)
        self.assertLess(accepted, 5500)

    def test_grammar_by_hand(self):
        for good in ("0", "-0", "0.0", "10", "1e5", "1E+05", "-1.50e-07", '"\\u00e9\\/"', "[]"):
            self.assertTrue(self.check(good.encode()), good)
        for bad in (
            "01 +1 .5 1. 1.e1 1e 1e+ - -a NaN Infinity -Infinity nul True 'a' [1,] [,1] {,} "
            '{"a"} {"a":} {"a":1,} {a:1} {1:1} "\\x" "\\u12g4" "\\u12" "\\" "\t" [1 [1}'
        ).split(" "):
            self.assertFalse(self.check(bad.encode()), bad)
        for bad in (b'"\x00"', b'"\x1f"', b"/**/1", b"[1,//\n2]", b"\xc2\xa01", b"\x0c1"):
            self.assertFalse(self.check(bad), bad)

    def test_surrogates(self):
        self.assertEqual(self.scan(rb'"\ud83d\ude00"'), Text("😀"))
        self.assertEqual(self.scan(rb'"\uD83D\uD83D\uDE00"'), Text("\ud83d😀"))
        self.assertEqual(self.scan(rb'"\ude00\ud83d"'), Text("\ude00\ud83d"))
        self.assertEqual(self.scan(rb'"\ud83d\n"'), Text("\ud83d\n"))
        self.assertIsNone(self.scan(rb'"\ud83d\u"'))
        self.assertIsNone(self.scan(rb'"\ud83d\ude0"'))


class ReasonTest(unittest.TestCase):
    def one(self, data, kind="log"):
        records = contract.read_records(data, kind).records
        self.assertEqual(len(records), 1, records)
        return records[0]

    def check(self, data, reason, column, kind="log"):
        self.assertEqual(verdict(self.one(data, kind)), (reason, column))

    def test_raw_bytes_that_are_not_utf_8(self):
        for bad in (b"\xff", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80"):
            self.check(with_value(EVENT, "song", b'"' + bad + b'"'), "bad_utf8", None)
        self.check(b'{"a": "\xff"', "bad_utf8", None)
        self.check(b'{"a": x} \xff', "bad_utf8", None)
        self.assertEqual(outline(log(b'{"a": x}\n{"a": "\xff"}')), ["bad_json", "bad_utf8"])
        self.assertEqual(outline(log(b'[1] \xff')), ["bad_json", "bad_utf8"])

    def test_lone_surrogates(self):
        lone = rb'"\ud800"'
        self.check(with_value(EVENT, "song", lone), "bad_utf8", "song")
        self.check(with_value(EVENT, "song", b'[{"x": ' + lone + b"}]"), "bad_utf8", "song")
        self.check(with_value(EVENT, "song", b"{" + lone + b": 1}"), "bad_utf8", "song")
        self.check(with_value(EVENT, "other", lone), "bad_utf8", None)
        self.check(with_value(EVENT, "other", b'{"song": ' + lone + b"}"), "bad_utf8", None)
        self.check(b"{" + lone + b": 1}", "bad_utf8", None)
        both = rb'{"userAgent": "\udc00", "page": "\udbff\n", "x": "\ud800"}'
        self.check(both, "bad_utf8", "page")
        self.check(rb'{"song": "a", "song": "\ud800"}', "bad_utf8", "song")
        each = rb'{"artist_name": "\ud800", "song": "\ud800"}'
        self.check(each, "bad_utf8", "song")
        self.check(each, "bad_utf8", "artist_name", "song")
        self.check(lone, "bad_utf8", None)
        self.check(rb'{"song": "\ud83d\ude00", "page": 1}', "bad_type", "page")

    def test_lone_surrogates_count_before_the_fault_only(self):
        self.check(rb'{"song": "\ud800", x', "bad_utf8", "song")
        self.check(rb'{"song": x, "page": "\ud800"}', "bad_json", None)
        self.check(rb'{"song": "\ud800', "bad_json", None)
        records = log(b'{"a":\n{"song": "\\ud800"},\n"b": x}')
        self.assertEqual(
            [verdict(r) for r in records],
            [("bad_json", None), ("bad_utf8", "song"), ("bad_json", None)],
        )

    def test_column_order_then_reason_order(self):
        many = {**EVENT, "artist": "a" * 1025, "auth": 5, "firstName": "\0" + "a" * 1025}
        self.check(json.dumps(many).encode(), "too_long", "artist")
        self.check(json.dumps({**many, "artist": None}).encode(), "bad_type", "auth")
        self.check(event(firstName="\0" + "a" * 1025, page=1), "nul_character", "first_name")
        self.check(event(page=None, userId=-1), "out_of_range", "user_id")

    def test_missing_fields(self):
        for key, column in (
            ("page", "page"),
            ("ts", "ts"),
            ("sessionId", "session_id"),
            ("itemInSession", "item_in_session"),
        ):
            self.check(event(**{key: None}), "missing_field", column)
        for key, column in (
            ("userId", "user_id"),
            ("song", "song"),
            ("artist", "artist"),
            ("length", "length"),
        ):
            self.check(dumps(PLAY, **{key: None}), "missing_field", column)
            self.assertIsNone(verdict(self.one(dumps({**PLAY, key: None}, page="Home"))))
        self.check(dumps(PLAY, userId=""), "missing_field", "user_id")
        self.check(dumps(PLAY, song=None, artist=None), "missing_field", "artist")
        self.check(b"{}", "missing_field", "item_in_session")
        self.assertIsNone(verdict(self.one(dumps(PLAY, song="", artist=""))))

    def test_missing_fields_of_songs(self):
        for column in ("song_id", "title", "artist_id", "artist_name", "duration"):
            self.check(dumps(SONG, **{column: None}), "missing_field", column, "song")
        for column in ("song_id", "artist_id"):
            self.check(dumps(SONG, **{column: ""}), "missing_field", column, "song")
        self.check(b"{}", "missing_field", "artist_id", "song")
        self.assertIsNone(verdict(self.one(dumps(SONG, title="", artist_name=""), "song")))

    def test_raw_text(self):
        self.assertEqual(self.one(b'{"a": x}\t\r\n \n').raw_text, '{"a": x}')
        self.assertEqual(self.one(b'{"a\x00": \xe2\x82!}').raw_text, '{"a\ufffd": \ufffd!}')
        bad = "\ufffd"
        self.assertEqual(self.one(b"x\xf0\x80\x80y\xf0\x9f\x98").raw_text, f"x{bad * 3}y{bad}")
        self.assertEqual(self.one(b"\xed\xa0\x80x\xff\xc3").raw_text, f"{bad * 3}x{bad * 2}")
        self.assertEqual(self.one(b"x" * 65_000).raw_text, "x" * 65_000)
        self.assertEqual(self.one(b"x" * 65_001).raw_text, "x" * 65_000 + "…[cut]")
        self.assertEqual(self.one("xé".encode() * 30_000).raw_text, "xé" * 21_666 + "x…[cut]")
        self.assertEqual(self.one(b"\x00" * 21_667).raw_text, "\ufffd" * 21_666 + "…[cut]")


class TypeTest(unittest.TestCase):
    def value(self, key, raw):
        """What a column makes of a JSON value: the value, or the reason."""
        record, kind = (SONG, "song") if key in contract.SONG_COLUMNS else (EVENT, "log")
        found = contract.read_records(with_value(record, key, raw), kind).records[0]
        if isinstance(found, Row):
            return found.columns[contract.COLUMNS[kind][key]]
        self.assertEqual(found.column_name, contract.COLUMNS[kind][key])
        return found.reason

    def check(self, key, cases):
        for raw, expected in cases.items():
            self.assertEqual(self.value(key, raw.encode()), expected, (key, raw))

    def test_texts(self):
        for raw in ("1", "1.5", "true", "false", "[]", "{}", '["a"]'):
            self.check("gender", {raw: "bad_type"})
        self.check("gender", {'"F"': "F", "null": None, '""': "", '" "': " "})
        self.check("song", {'"\\u0000"': "nul_character", '"a\\u0000b"': "nul_character"})

    def test_limits_of_texts_are_bytes(self):
        for columns in (contract.LOG_COLUMNS, contract.SONG_COLUMNS):
            for key, column in columns.items():
                limit = contract.TEXT_LIMIT_BYTES.get(column)
                if limit is None:
                    continue
                exact = "é" * (limit // 2)
                self.check(key, {f'"{exact}"': exact, f'"{exact}x"': "too_long"})
        self.assertEqual(contract.TEXT_LIMIT_BYTES["user_agent"], 2048)

    def test_strict_integers(self):
        ranges = {
            "itemInSession": (0, 1048575),
            "sessionId": (0, 4398046511103),
            "ts": (0, 253402300799999),
            "status": (-2147483648, 2147483647),
            "num_songs": (-2147483648, 2147483647),
            "year": (-2147483648, 2147483647),
        }
        for key, (low, high) in ranges.items():
            self.check(
                key,
                {
                    str(low): low,
                    str(high): high,
                    str(low - 1): "out_of_range",
                    str(high + 1): "out_of_range",
                    "9" * 5000: "out_of_range",
                    "-0": 0,
                    "5.0": "bad_type",
                    "5e0": "bad_type",
                    '"5"': "bad_type",
                    '""': "bad_type",
                    "true": "bad_type",
                    "[5]": "bad_type",
                },
            )

    def test_loose_integers(self):
        for key in ("userId", "registration"):
            self.check(
                key,
                {
                    "5": 5,
                    "5.0": 5,
                    "5.000": 5,
                    '"5"': 5,
                    '"\\u0035"': 5,
                    '"-0"': 0,
                    "-0.0": 0,
                    "5.01": "bad_type",
                    "5e0": "bad_type",
                    "5.0e0": "bad_type",
                    '"5.0"': "bad_type",
                    '" 5"': "bad_type",
                    '"5\\n"': "bad_type",
                    '"05"': "bad_type",
                    '"+5"': "bad_type",
                    '"٥"': "bad_type",
                    '"\\u0000"': "bad_type",
                    "false": "bad_type",
                    "{}": "bad_type",
                    "null": None,
                    '"' + "9" * 70 + '"': "out_of_range",
                },
            )
        self.check("userId", {'""': None, "-1": "out_of_range", '"-1"': "out_of_range"})
        self.check("userId", {"2147483647.0": 2147483647, "2147483648": "out_of_range"})
        self.check("registration", {'""': "bad_type", "1541016707796.0": 1541016707796})
        self.check("registration", {"-9223372036854775808.0": -(2**63)})
        self.check("registration", {'"9223372036854775808"': "out_of_range"})

    def test_decimals_round_half_away_from_zero_from_their_digits(self):
        for key in ("length", "duration"):
            self.check(
                key,
                {
                    "655.77751": Decimal("655.77751"),
                    "1": Decimal("1.00000"),
                    "0.000005": Decimal("0.00001"),
                    "-0.000005": Decimal("-0.00001"),
                    "0.0000049999999999999999999999": Decimal(0),
                    "1.000015": Decimal("1.00002"),
                    "2.000025": Decimal("2.00003"),
                    "-0.0": Decimal(0),
                    "0e999999999999": Decimal(0),
                    "12e-7": Decimal(0),
                    "1.5E+2": Decimal(150),
                    "0.0000000001e10": Decimal(1),
                    "1e-999999999999999999999": Decimal(0),
                    "9999999.99999": Decimal("9999999.99999"),
                    "9999999.999994999": Decimal("9999999.99999"),
                    "9999999.999995": "out_of_range",
                    "-9999999.999995": "out_of_range",
                    "1e7": "out_of_range",
                    "1e999999999999999999999": "out_of_range",
                    '"1"': "bad_type",
                    "true": "bad_type",
                },
            )
        self.assertEqual(str(self.value("length", b"-0.000001")), "0.00000")
        self.assertEqual(str(self.value("length", b"7")), "7.00000")

    def test_doubles(self):
        for key in ("artist_latitude", "artist_longitude"):
            self.check(
                key,
                {
                    "35.14968": 35.14968,
                    "-90": -90.0,
                    "1e-400": 0.0,
                    "1e308": 1e308,
                    "1e309": "out_of_range",
                    "-1e309": "out_of_range",
                    '"1"': "bad_type",
                    "null": None,
                },
            )

    def test_keys(self):
        self.check("page", {'"Home"': "Home"})
        row = log(with_value(EVENT, "p\\u0061ge", b'"x"').replace(b'"page"', b'"Page"'))[0]
        self.assertEqual(row.columns["page"], "x")
        data = event()[:-1] + b', "song": "first", "song": 5, "level": null, "level": "paid"}'
        row = log(data)[0]
        self.assertEqual((row.columns["song"], row.columns["level"]), ("first", None))
        self.assertEqual(list(row.columns), list(contract.LOG_COLUMNS.values()))

    def test_drift_counts_each_key_once_a_record(self):
        decoded = contract.read_records(
            event(x=1)[:-1] + b', "x": 2, "\\u0079": 1}\n'
            b'{"x": 1, "page": 5}\n{"x": }\n{"x": "\\ud800"}\n{"x": "\xff"}\n["x"]',
            "log",
        )
        self.assertEqual(decoded.well_formed, 2)
        self.assertEqual(
            decoded.key_counts,
            {"page": 2, "ts": 1, "sessionId": 1, "itemInSession": 1, "x": 2, "y": 1},
        )


class DecompressTest(unittest.TestCase):
    def damaged(self, name, data):
        with self.assertRaises(Damaged, msg=data):
            contract.decompress(name, data)

    def zstd(self, data):
        return subprocess.run(["zstd", "-qc"], input=data, capture_output=True, check=True).stdout

    def test_members_are_joined_and_anything_else_is_damage(self):
        packers = {".gz": gzip.compress, ".bz2": bz2.compress, ".zst": self.zstd}
        for suffix, pack in packers.items():
            name = "a.json" + suffix
            one, two = pack(b"one\n"), pack(b"two\n" * 100)
            self.assertEqual(contract.decompress(name, one + two), b"one\n" + b"two\n" * 100)
            self.assertEqual(contract.decompress(name, pack(b"")), b"")
            for cut in range(len(one)):
                self.damaged(name, one[:cut])
                if cut:
                    self.damaged(name, two + one[:cut])
            for behind in (b"\0", b"\n", b"garbage behind", b"\0" * 512):
                self.damaged(name, one + behind)
            self.damaged(name, b"{}\n")
            wrong = bytearray(two)
            wrong[-2] ^= 1
            self.damaged(name, bytes(wrong))

    def test_a_plain_name_is_left_alone(self):
        self.assertEqual(contract.decompress("a.json", b"\x1f\x8b"), b"\x1f\x8b")

    def test_the_suffix_decides(self):
        self.damaged("a.zst", gzip.compress(b"{}"))
        self.damaged("a.gz", bz2.compress(b"{}"))


def lines(*records):
    return b"\n".join(json.dumps(record).encode() for record in records)


class WarehouseTest(unittest.TestCase):
    def setUp(self):
        self.warehouse = contract.Warehouse()
        self.version = 0

    def run_with(self, songs=None, logs=None):
        """songs, logs: {uri: bytes}; each is a new version."""
        self.version += 1

        def objects(files):
            return [(uri, str(self.version), data) for uri, data in (files or {}).items()]

        return self.warehouse.apply_run(objects(songs), objects(logs))

    def logs(self, *records):
        return self.run_with(logs={"u": lines(*records)})

    def column(self, table, name):
        place = contract.TABLE_COLUMNS[table].index(name)
        return [row[place] for row in self.warehouse.tables()[table]]

    def test_a_play(self):
        play = {**PLAY, "location": "Here", "userAgent": "UA"}
        self.logs(play)
        tables = self.warehouse.tables()
        self.assertEqual(
            tables["songplays"],
            [(3145730, "2018-11-01 20:57:10.796", 7, "free", None, None, 3, "Here", "UA")],
        )
        self.assertEqual(tables["time"], [("2018-11-01 20:57:10.796", 20, 1, 44, 11, 2018, 4)])
        self.assertEqual(
            tables["unmatched_songplays"], [(3145730, "Tide", "The Weirs", "200.50000")]
        )
        self.assertEqual(
            tables["users"],
            [(7, None, None, None, "free", "2018-11-01 20:57:10.796", 3145730)],
        )
        self.assertEqual(tables["user_levels"], [(7, "free", "2018-11-01 20:57:10.796", None)])
        self.assertEqual(tables["etl_runs"], [(1, 1, len(lines(play)), 1, 0, 1, 0, 0)])

    def test_time_at_the_edges(self):
        self.assertEqual(contract.timestamp_text(0), "1970-01-01 00:00:00.000")
        self.assertEqual(contract.timestamp_text(253402300799999), "9999-12-31 23:59:59.999")
        sunday = contract.time_row(1_541_289_600_000)  # 2018-11-04
        self.assertEqual((sunday["weekday"], sunday["week"]), (0, 44))
        new_year = contract.time_row(1_609_459_200_000)  # 2021-01-01, in week 53 of 2020
        self.assertEqual((new_year["week"], new_year["year"]), (53, 2021))

    def test_identity_of_plays(self):
        run = self.logs(
            PLAY,
            {**PLAY, "level": "paid"},  # a duplicate
            {**PLAY, "userId": "8", "firstName": "Never"},
            {**PLAY, "ts": 5},
            {**PLAY, "page": "Home", "userId": "9"},  # no play, so no identity
        )
        self.assertEqual((run.plays, run.duplicates, run.rejects, run.events), (1, 1, 2, 5))
        self.assertEqual(self.column("songplays", "level"), ["free"])
        self.assertEqual(self.column("users", "user_id"), [7, 9])
        self.assertEqual(len(self.warehouse.tables()["time"]), 1)
        self.assertEqual(
            [row[5:7] for row in self.warehouse.tables()["etl_rejects"]],
            [("songplay_id", "key_conflict")] * 2,
        )
        self.assertEqual(self.column("etl_objects", "records"), [5])
        self.assertEqual(self.column("etl_objects", "loaded"), [2])

    def test_users_are_as_in_their_greatest_event(self):
        def told(ts, session, item, level):
            where = {"ts": ts, "sessionId": session, "itemInSession": item}
            return {**EVENT, **where, "userId": 1, "level": level}

        self.logs(told(10, 1, 1, "a"), told(10, 2, 0, "b"), told(10, 2, 0, "c"), told(9, 9, 9, "d"))
        self.assertEqual(self.column("users", "level"), ["b"])
        self.logs(told(10, 1, 9, "e"))
        self.assertEqual(self.column("users", "level"), ["b"])
        self.logs(told(11, 0, 0, "f"))
        self.assertEqual(self.column("users", "level"), ["f"])
        self.logs({**EVENT, "ts": 99, "userId": "", "level": "g"})
        self.assertEqual(self.column("users", "level"), ["f"])

    def test_the_last_song_and_artist_stay(self):
        run = self.run_with(
            songs={
                "b": lines({**SONG, "title": "Last", "artist_name": "Last"}),
                "a": lines(SONG, {**SONG, "title": "Second", "artist_latitude": 1}),
            }
        )
        self.assertEqual(
            self.warehouse.tables()["songs"], [("S1", "Last", "A1", 0, "200.50000", "Last")]
        )
        self.assertEqual(self.warehouse.tables()["artists"], [("A1", "Last", None, None, None)])
        self.assertEqual((run.songs, run.duplicates), (3, 0))

    def test_match_takes_the_smallest_song_id_by_bytes(self):
        self.run_with(songs={"a": lines(*({**SONG, "song_id": i} for i in ("a", "é", "B")))})
        self.logs(PLAY)
        self.assertEqual(self.column("songplays", "song_id"), ["B"])
        self.assertEqual(self.warehouse.tables()["unmatched_songplays"], [])

    def test_match_compares_bytes(self):
        self.run_with(
            songs={
                "a": lines({**SONG, "title": "Tide "}, {**SONG, "song_id": "2", "title": "tide"})
            }
        )
        self.logs(PLAY)
        self.assertEqual(self.column("songplays", "song_id"), [None])

    def test_late_songs_and_matches_that_stay(self):
        self.logs(PLAY)
        self.run_with(songs={"a": lines({**SONG, "song_id": "S2"}, {**SONG, "song_id": "S3"})})
        self.assertEqual(self.column("songplays", "song_id"), ["S2"])
        changed = {**SONG, "song_id": "S2", "artist_id": "A2", "title": "New"}
        self.run_with(songs={"b": lines(SONG, changed)})
        self.assertEqual(self.column("songplays", "song_id"), ["S2"])
        self.assertEqual(self.column("songplays", "artist_id"), ["A1"])
        self.assertEqual(self.column("plays", "title"), ["New"])

    def test_user_levels_are_spells(self):
        def play(item, ts, level):
            return {**PLAY, "itemInSession": item, "ts": ts, "level": level}

        free = [play(4, 30, "free"), play(0, 10, "free")]
        self.logs(*free, play(1, 20, "paid"), play(2, 25, "paid"))
        self.logs({**play(9, 99, "paid"), "userId": "8"})
        self.assertEqual(
            [row[1:] for row in self.warehouse.tables()["user_levels"]],
            [
                ("free", "1970-01-01 00:00:00.010", "1970-01-01 00:00:00.020"),
                ("free", "1970-01-01 00:00:00.030", None),
                ("paid", "1970-01-01 00:00:00.020", "1970-01-01 00:00:00.030"),
                ("paid", "1970-01-01 00:00:00.099", None),
            ],
        )

    def test_object_versions_are_applied_once(self):
        objects = [("u", "1", lines(PLAY))]
        self.assertEqual(self.warehouse.apply_run([], objects).objects, 1)
        self.assertEqual(self.warehouse.apply_run([], objects).objects, 0)
        run = self.warehouse.apply_run([], [("u", "2", lines(PLAY, {**PLAY, "sessionId": 4}))])
        self.assertEqual((run.objects, run.plays, run.duplicates), (1, 1, 1))
        self.assertEqual(self.column("etl_objects", "run_id"), [1, 2])

    def test_damaged_objects_fail_whole(self):
        packed = gzip.compress(lines(PLAY))
        run = self.run_with(logs={"a.gz": packed[:-1], "b.gz": packed})
        self.assertEqual((run.failed, run.objects, run.bytes), (["a.gz"], 1, len(packed)))

    def test_drift_of_a_run(self):
        run = self.run_with(songs={"s": b"[]"}, logs={"a": event(x=1), "b": event(x=1, y=2)})
        self.assertEqual(run.unknown_keys("log"), {"x": 2, "y": 1})
        self.assertEqual(run.missing_keys("song"), [])
        self.assertIn("userAgent", run.missing_keys("log"))
        self.assertNotIn("page", run.missing_keys("log"))

    def test_rows_of_the_program_compare_equal(self):
        self.run_with(songs={"s": lines({**SONG, "artist_latitude": 35, "duration": 218})})
        shown = (
            '{"song_id":"S1","title":"Tide","artist_id":"A1","year":0,'
            '"duration":%s,"artist_name":"The Weirs"}'
        )
        for duration in ("218.00000", "218.0", "218", '"218.00000"'):
            row = json.loads(shown % duration, parse_float=Decimal)
            self.assertEqual([contract.normalise_row(row)], self.warehouse.tables()["songs"])
        row = {"artist_id": "A1", "name": "The Weirs", "location": None}
        row |= json.loads('{"latitude": 35.0, "longitude": null}', parse_float=Decimal)
        self.assertEqual([contract.normalise_row(row)], self.warehouse.tables()["artists"])


if __name__ == "__main__":
    unittest.main()
