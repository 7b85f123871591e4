"""Fields of COPY as values of columns: what Amazon Redshift converts, and what it refuses.

converter(column, copy) is a function from a field's text, or None, to the text that PostgreSQL
takes, or NULL. Error codes are those of the Amazon Redshift Database Developer Guide, Load error
reference; reasons are in its words where a document or a report has them.
"""

import collections
import datetime
import decimal
import re

# What stands for NULL, and between fields and rows, until all of a batch is escaped at once.
NULL, FIELD_END, ROW_END = "\x1d", "\x1f", "\x1e"
EXOTIC = re.compile("[\x1c-\x1f]")

TOO_LONG = 1204
BAD_DATE = 1205
BAD_TIMESTAMP = 1206
BAD_DIGIT = 1207
BAD_BOOLEAN = 1210
NO_DATA = 1213
BAD_LINE = 1216
BAD_NUL = 1218
BAD_UTF8 = 1220
OVERFLOW = 1222

INTEGERS = {"int2": (15, "Short"), "int4": (31, "Integer"), "int8": (63, "Long")}
INTEGER = re.compile(r"[+-]?[0-9]+")
DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
FLOAT = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(inity)?|nan)", re.I)
TRUE = {"t", "true", "y", "yes", "1"}
FALSE = {"f", "false", "n", "no", "0"}
EPOCH = datetime.datetime(1970, 1, 1)
EPOCH_SECONDS = (-62167219200, 253402300799)
DATE_FORMAT = "YYYY-MM-DD"
TIME_FORMAT = "YYYY-MM-DD HH:MI:SS"
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
PARTS = re.compile(r"YYYY|YY|MONTH|MON|MM|DD|HH24|HH12|HH|MI|SSSS?|SS|AM|PM|.", re.I | re.DOTALL)
PART_PATTERNS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short_year>\d{2})",
    "MM": r"(?P<month>\d{1,2})",
    "MON": r"(?P<name>[A-Za-z]{3})",
    "MONTH": r"(?P<name>[A-Za-z]{3,9})",
    "DD": r"(?P<day>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "HH24": r"(?P<hour>\d{1,2})",
    "HH12": r"(?P<hour>\d{1,2})",
    "MI": r"(?P<minute>\d{1,2})",
    "SS": r"(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,6})\d*)?",
    "AM": r"(?P<half>[AaPp][Mm])",
    "PM": r"(?P<half>[AaPp][Mm])",
}
# Some of those that 'auto' knows.
AUTO_FORMATS = (
    "YYYY-MM-DD HH:MI:SS",
    "YYYY-MM-DDTHH:MI:SS",
    "YYYY-MM-DD HH:MI",
    "YYYY-MM-DD",
    "YYYYMMDD HHMISS",
    "MM/DD/YYYY HH:MI:SS",
    "MM/DD/YYYY",
)
ZONE = r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)"

Column = collections.namedtuple("Column", "name type typmod is_not_null identity")


class Number(str):
    """A number of JSON, as it was written."""


class LoadError(Exception):
    """Why a row is not loaded. `column` and `value` are None if it is the row as a whole. What is
    `fatal` ends the COPY, whatever MAXERROR is."""

    def __init__(self, code, reason, position=0, column=None, value=None, fatal=False):
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.position = position
        self.column = column
        self.value = value
        self.fatal = fatal


def converter(column, copy):
    """For one column; it does not see bytes that are not UTF-8, which clean() is for."""
    convert = KINDS.get(column.type, plain)(column, copy)
    is_text = column.type in ("varchar", "bpchar", "text")
    null_string = copy.null_string
    blank_is_null = not is_text or copy.blanks_as_null
    empty_is_null = not is_text or copy.empty_as_null

    def checked(value):
        if (
            value is None
            or value == null_string
            or (not value and empty_is_null)
            or (blank_is_null and value.isspace())
        ):
            if column.is_not_null:
                raise LoadError(NO_DATA, "Missing data for not-null field", value=value)
            return NULL
        return convert(value)

    return checked


def clean(value, copy):
    """A field whose bytes were not all UTF-8: they stand in it as lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        if copy.replacement is not None:
            return re.sub("[\ud800-\udfff]", lambda _: copy.replacement, value)
        bad = value[error.start]
        raw = bytes([ord(bad) - 0xDC00]) if 0xDC80 <= ord(bad) <= 0xDCFF else b"\xed"
        position = len(value[: error.start].encode())
        raise LoadError(
            BAD_UTF8,
            "String contains invalid or unsupported UTF8 codepoints."
            f" Bad UTF8 hex sequence: {raw.hex()} (error {utf8_error(raw[0])})",
            position,
        ) from None
    return value


def utf8_error(byte):
    """Amazon Redshift Database Developer Guide, Multibyte character load errors."""
    if byte >= 0xF8:
        return 1 if byte < 0xFE else 3
    return 2 if byte >= 0xC2 else 3


def size_of(column):
    """As the system views have it."""
    if column.type in ("varchar", "bpchar"):
        return str(column.typmod - 4) if column.typmod > 4 else "65535"
    if column.type == "numeric" and column.typmod > 4:
        return "{}, {}".format(*precision_of(column))
    return "0"


def precision_of(column):
    packed = column.typmod - 4
    return packed >> 16 & 0xFFFF, packed & 0x7FF


# Kinds of columns


def plain(column, copy):
    return lambda value: value


def varchar(column, copy):
    size = column.typmod - 4 if column.typmod > 4 else 65535
    safe = size // 4  # characters that fit, whatever they are
    trims, cuts = copy.trim_blanks, copy.truncate_columns

    def convert(value):
        if trims:
            value = value.rstrip()
        if len(value) > safe and len(value.encode()) > size:
            if not cuts:
                raise LoadError(TOO_LONG, "String length exceeds DDL length")
            value = value.encode()[:size].decode("utf-8", "ignore")
        if "\0" in value:
            reason = "Invalid null byte - field longer than 1 byte"
            raise LoadError(BAD_NUL, reason, value.index("\0"))
        return value

    return convert


def char(column, copy):
    fit = varchar(column, copy)

    def convert(value):
        if not value.isascii():
            place = next(number for number, one in enumerate(value) if not one.isascii())
            shown = value[place].encode("utf-8", "surrogateescape").hex(" ")
            raise LoadError(
                BAD_UTF8,
                "Multibyte character not supported for CHAR (Hint: try using VARCHAR)."
                f" Invalid char: {shown}",
                place,
            )
        return fit(value)

    return convert


def bad_digit(value, name, pattern=DECIMAL):
    found = pattern.match(value)
    place = min(found.end() if found else 0, len(value) - 1)
    reason = f"Invalid digit, Value '{value[place]}', Pos {place}, Type: {name}"
    return LoadError(BAD_DIGIT, reason, place)


def integer(column, copy):
    bits, name = INTEGERS[column.type]
    least, most = -(1 << bits), (1 << bits) - 1

    def convert(value):
        value = value.strip()
        if not INTEGER.fullmatch(value):
            raise bad_digit(value, name, INTEGER)
        if not least <= int(value) <= most:
            raise LoadError(OVERFLOW, f"Overflow ({name} valid range {least} to {most})")
        return value

    return convert


def numeric(column, copy):
    precision, scale = precision_of(column) if column.typmod > 4 else (38, 37)
    unit = decimal.Decimal(1).scaleb(-scale)
    rounding = decimal.ROUND_HALF_UP if copy.round_decimals else decimal.ROUND_DOWN
    context = decimal.Context(prec=200)

    def convert(value):
        if type(value) is Number and ("." in value or "e" in value.lower()):
            # A number of JSON goes through a double, and may come out just below itself.
            number = decimal.Decimal(float(value))
        elif not DECIMAL.fullmatch(value.strip()):
            raise bad_digit(value.strip(), "Decimal")
        else:
            number = decimal.Decimal(value.strip())
        number = number.quantize(unit, rounding, context)
        if number.adjusted() >= precision - scale and number:
            raise LoadError(TOO_LONG, f"Overflow for NUMERIC({precision},{scale})")
        return f"{number:f}"

    return convert


def double(column, copy):
    def convert(value):
        value = value.strip()
        if not FLOAT.fullmatch(value):
            raise bad_digit(value, "Double")
        if float(value) in (float("inf"), -float("inf")) and "n" not in value.lower():
            raise LoadError(TOO_LONG, "Overflow (Double valid range)")
        return value

    return convert


def boolean(column, copy):
    def convert(value):
        word = value.strip().lower()
        if word in TRUE:
            return "t"
        if word in FALSE:
            return "f"
        raise LoadError(BAD_BOOLEAN, "Unknown boolean format")

    return convert


def date(column, copy):
    parse = moment_parser(copy.date_format or DATE_FORMAT)
    shown = copy.date_format or DATE_FORMAT

    def convert(value):
        moment = parse(value.strip())
        if moment is None:
            raise LoadError(BAD_DATE, f"Invalid Date Format - {shown}")
        return moment.strftime("%Y-%m-%d").rjust(10, "0")

    return convert


def timestamp(column, copy):
    kind = copy.time_format or TIME_FORMAT
    if kind in ("epochsecs", "epochmillisecs"):
        return epoch(1 if kind == "epochsecs" else 1000)
    parse = moment_parser(kind, has_zone=column.type == "timestamptz")
    shown = f"[{kind}]" if kind == "auto" else "[YYYY-MM-DD HH24:MI:SS]"

    def convert(value):
        moment = parse(value.strip())
        if moment is None:
            raise LoadError(BAD_TIMESTAMP, f"Invalid timestamp format or value {shown}")
        return moment.isoformat(sep=" ")

    return convert


def epoch(per_second):
    least, most = (EPOCH_SECONDS[0] * per_second, EPOCH_SECONDS[1] * per_second + per_second - 1)
    unit = {1: "seconds", 1000: "milliseconds"}[per_second]

    def convert(value):
        value = value.strip()
        if not INTEGER.fullmatch(value):
            kind = "epochsecs" if per_second == 1 else "epochmillisecs"
            raise LoadError(BAD_TIMESTAMP, f"Invalid timestamp format or value [{kind}]")
        if not least <= int(value) <= most:
            reason = f"Epoch time copy out of acceptable range of [{least}, {most}]"
            raise LoadError(BAD_TIMESTAMP, reason)
        try:
            return (EPOCH + datetime.timedelta(**{unit: int(value)})).isoformat(sep=" ")
        except OverflowError:  # the year 0
            raise LoadError(BAD_TIMESTAMP, "Invalid timestamp format or value") from None

    return convert


def moment_parser(template, has_zone=False):
    """From text to a datetime in UTC, or None."""
    is_auto = template == "auto"
    templates = AUTO_FORMATS if is_auto else (template,)
    if template == TIME_FORMAT:
        templates = (TIME_FORMAT, DATE_FORMAT)
    zone = f"(?:{ZONE})?" if is_auto or has_zone else ""
    patterns = [re.compile(template_pattern(one) + zone, re.I) for one in templates]

    def parse(value):
        for pattern in patterns:
            found = pattern.fullmatch(value)
            if found:
                return moment(found.groupdict())
        return None

    return parse


def template_pattern(template):
    parts = [part.upper() for part in PARTS.findall(template)]
    return "".join(PART_PATTERNS.get(part) or re.escape(part) for part in parts)


def moment(parts):
    try:
        year = parts.get("year") or 2000 + int(parts["short_year"])
        month = parts.get("month")
        if month is None:
            month = MONTHS.index(parts["name"][:3].lower()) + 1
        hour = int(parts.get("hour") or 0)
        if parts.get("half"):
            hour = hour % 12 + (12 if parts["half"].lower() == "pm" else 0)
        made = datetime.datetime(
            *(int(year), int(month), int(parts["day"]), hour),
            *(int(parts.get(name) or 0) for name in ("minute", "second")),
            int((parts.get("fraction") or "0").ljust(6, "0")),
        )
        return made - offset(parts.get("zone"))
    except (ValueError, KeyError, OverflowError):
        return None


def offset(zone):
    if not zone or zone[0] not in "+-":
        return datetime.timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    sign = -1 if zone[0] == "-" else 1
    return sign * datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))


KINDS = {
    "varchar": varchar,
    "text": varchar,
    "bpchar": char,
    "int2": integer,
    "int4": integer,
    "int8": integer,
    "numeric": numeric,
    "float4": double,
    "float8": double,
    "bool": boolean,
    "date": date,
    "timestamp": timestamp,
    "timestamptz": timestamp,
}
