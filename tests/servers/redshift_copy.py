"""COPY from S3, as Amazon Redshift has it: the statement, and the load.

The rows go into PostgreSQL by its own COPY, in the transaction in which the client is.
"""

import collections
import contextlib
import datetime
import re
from dataclasses import dataclass

from redshift_rows import (
    EXTRA_COLUMNS,
    NO_DELIMITER,
    RAW_CHARACTERS,
    CsvLines,
    DelimitedLines,
    JsonObjects,
    by_name,
    by_path,
    read_paths,
)
from redshift_source import copy_error, decompress
from redshift_sql import NOT_SUPPORTED, SqlError, quote_literal, quote_name
from redshift_values import (
    EXOTIC,
    FIELD_END,
    NO_DATA,
    NULL,
    ROW_END,
    Column,
    LoadError,
    clean,
    converter,
    size_of,
)
import redshift_wire as wire

BATCH_ROWS = 2000
ERRORS_MAX = 100_000
CANCELLED = "57014"
COMPRESSIONS = ("gzip", "bzip2", "zstd")
SWITCH_WORDS = ("on", "off", "true", "false", "preset")
FAILED = "Load into table '{}' failed.  Check '{}' system table for details."
LOADED = "Load into table '{}' completed, {} record(s) loaded successfully."
LEFT_OUT = (
    "Load into table '{}' completed, {} record(s) could not be loaded."
    "  Check '{}' system table for details."
)
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

TARGET = """
    select a.attname, t.typname, a.atttypmod, a.attnotnull, a.attidentity, c.oid, c.relname,
        (select oid from pg_roles where rolname = session_user), session_user, current_database()
    from pg_attribute a join pg_type t on t.oid = a.atttypid join pg_class c on c.oid = a.attrelid
    where a.attrelid = {}::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum
"""

Target = collections.namedtuple("Target", "oid name user_id user database columns")


@dataclass
class Copy:
    """The statement. `null_string` is None where no text means NULL."""

    table: str = ""
    columns: list | None = None
    source: str = ""
    roles: list | None = None
    region: str | None = None
    is_manifest: bool = False
    format: str = "text"
    json: str = "auto"
    quote: str | None = None
    delimiter: str | None = None
    escape: bool = False
    compression: str | None = None
    null_string: str | None = None
    empty_as_null: bool = False
    blanks_as_null: bool = False
    time_format: str | None = None
    date_format: str | None = None
    replacement: str | None = None
    truncate_columns: bool = False
    trim_blanks: bool = False
    ignore_header: int = 0
    errors_max: int = 0
    round_decimals: bool = False
    explicit_ids: bool = False


class Parser:
    """Amazon Redshift Database Developer Guide, COPY: the parameters in any order."""

    def __init__(self, statement):
        self.statement = statement
        self.place = 1
        self.copy = Copy()
        self.seen = set()

    def parse(self):
        copy = self.copy
        copy.table = self.table()
        if self.token.text == "(":
            copy.columns = self.names()
        self.expect("from")
        copy.source = self.string()
        while self.place < len(self.statement):
            self.parameter()
        if copy.roles is None:
            raise SqlError("42601", "CREDENTIALS argument is required but missing")
        if not copy.source.startswith("s3://"):
            raise SqlError(NOT_SUPPORTED, f"the stand-in cannot COPY from {copy.source}")
        self.check()
        return copy

    @property
    def token(self):
        return self.statement[self.place]

    def take(self):
        token = self.token
        self.place += 1
        return token

    def accept(self, *words):
        if self.token.word in words:
            return self.take().word
        return None

    def expect(self, word):
        if not self.accept(word):
            raise self.unexpected()

    def unexpected(self):
        return self.statement.unexpected(self.place)

    def table(self):
        names = [self.name()]
        while self.token.text == ".":
            self.place += 1
            names.append(self.name())
        return ".".join(map(quote_name, names))

    def name(self):
        if self.token.identifier is None:
            raise self.unexpected()
        return self.take().identifier.lower()

    def names(self):
        self.place += 1
        found = [self.name()]
        while self.token.text == ",":
            self.place += 1
            found.append(self.name())
        if self.take().text != ")":
            self.place -= 1
            raise self.unexpected()
        return found

    def string(self):
        self.accept("as")
        if self.token.kind != "string":
            raise self.unexpected()
        return self.take().value

    def number(self):
        self.accept("as")
        if not self.token.text.isdigit():
            raise self.unexpected()
        return int(self.take().text)

    def character(self):
        value = self.string()
        if len(value) != 1 or not value.isascii():
            raise SqlError("22023", "COPY delimiter or quote must be a single ASCII character")
        return value

    def parameter(self):
        copy, begin = self.copy, self.place
        word = self.take().word
        if word in ("access_key_id", "secret_access_key", "session_token", "credentials", "with"):
            raise SqlError(NOT_SUPPORTED, "the stand-in takes no keys in SQL; use IAM_ROLE")
        if word == "format":
            self.accept("as")
            begin, word = self.place, self.take().word
            if word not in ("csv", "json"):
                word = ""
        read = PARAMETERS.get(word)
        if read is None or word in self.seen:
            raise self.statement.unexpected(begin)
        self.seen.add(word)
        name, value = read(self)
        if name is not None:
            setattr(copy, name, value)

    def check(self):
        """What goes together; and the defaults, which depend on each other."""
        copy, seen = self.copy, self.seen
        not_with = {"json": ("csv", "delimiter", "escape", "null"), "csv": ("escape",)}
        for word in not_with.get(copy.format, ()):
            if word in seen:
                other = copy.format.upper()
                raise SqlError("42601", f"{word.upper()} is not supported with {other}")
        if "quote" in seen and copy.format != "csv":
            raise SqlError("42601", "QUOTE is only supported with CSV")
        if len(seen & set(COMPRESSIONS)) > 1:
            raise SqlError("42601", "only one compression can be specified")
        if copy.errors_max > ERRORS_MAX:
            raise SqlError("22023", f"MAXERROR must be between 0 and {ERRORS_MAX}")
        copy.quote = copy.quote or '"'
        copy.delimiter = copy.delimiter or ("," if copy.format == "csv" else "|")
        if copy.format == "json":
            copy.null_string = None
        elif copy.null_string is None:
            copy.null_string = "\\N"

    def csv(self):
        if self.accept("quote"):
            self.copy.quote = self.character()
            self.seen.add("quote")
        return "format", "csv"

    def json(self):
        self.copy.json = self.string() if self.next_is_string() else "auto"
        return "format", "json"

    def next_is_string(self):
        after = self.statement[self.place + 1]
        return "string" in (self.token.kind, self.token.word == "as" and after.kind)

    def null(self):
        self.accept("as")
        # The document writes it with one backslash, which in other literals is none.
        is_default = self.token.text == "'\\N'"
        value = self.string()
        return "null_string", "\\N" if is_default else value

    def replacement(self):
        return "replacement", self.string() if self.next_is_string() else "?"

    def roles(self):
        if self.accept("default"):
            raise copy_error("The cluster has no default IAM role", 30000)
        return "roles", self.string().split(",")

    def switch(self):
        self.accept(*SWITCH_WORDS)
        return None, None

    def compression(self):
        return "compression", self.statement[self.place - 1].word


def flag(name):
    return lambda parser: (name, True)


def text(name):
    return lambda parser: (name, parser.string())


def count(name):
    return lambda parser: (name, parser.number())


PARAMETERS = {
    "iam_role": Parser.roles,
    "region": text("region"),
    "manifest": flag("is_manifest"),
    "csv": Parser.csv,
    "quote": lambda parser: ("quote", parser.character()),
    "json": Parser.json,
    "delimiter": lambda parser: ("delimiter", parser.character()),
    "escape": flag("escape"),
    **{word: Parser.compression for word in COMPRESSIONS},
    "null": Parser.null,
    "emptyasnull": flag("empty_as_null"),
    "blanksasnull": flag("blanks_as_null"),
    "timeformat": text("time_format"),
    "dateformat": text("date_format"),
    "acceptinvchars": Parser.replacement,
    "truncatecolumns": flag("truncate_columns"),
    "trimblanks": flag("trim_blanks"),
    "ignoreheader": count("ignore_header"),
    "compupdate": Parser.switch,
    "statupdate": Parser.switch,
    "maxerror": count("errors_max"),
    "roundec": flag("round_decimals"),
    "explicit_ids": flag("explicit_ids"),
}


def run(session, statement):
    """Loads; what the client is told on the way."""
    return Load(session, Parser(statement).parse()).run()


class Load:
    def __init__(self, session, copy):
        self.session = session
        self.copy = copy
        self.start = now()
        self.loaded = 0
        self.errors = []
        self.files = []

    def run(self):
        session, copy = self.session, self.copy
        self.target = self.look_up()
        self.columns = self.chosen_columns()
        self.converters = [converter(column, copy) for column in self.columns]
        reader = session.server.source.open(copy.roles, self.target.user, copy.region)
        objects = reader.manifest(copy.source) if copy.is_manifest else reader.list(copy.source)
        self.pick = self.picker(reader) if copy.format == "json" else None
        self.begin()
        try:
            with contextlib.closing(reader.read_all(objects)) as found:
                for one, answer in found:
                    if session.cancelled:
                        raise SqlError(CANCELLED, cancelled(session))
                    self.load_file(one.url, answer)
            if not self.files:
                raise copy_error("The specified S3 files do not exist", context=copy.source)
        except SqlError:
            self.give_up()
            raise
        finally:
            self.note()
        self.finish()
        return self.notices()

    # The table

    def look_up(self):
        rows = self.session.ask(TARGET.format(quote_literal(self.copy.table)))
        columns = [
            Column(name, kind, int(typmod), is_not_null == "t", identity.strip())
            for name, kind, typmod, is_not_null, identity, *_ in rows
        ]
        oid, name, user_id, user, database = rows[0][5:] if rows else ("0", "", "0", "", "")
        return Target(int(oid), name, int(user_id), user, database, columns)

    def chosen_columns(self):
        """IDENTITY is filled by itself, unless EXPLICIT_IDS is said."""
        copy = self.copy
        known = {column.name: column for column in self.target.columns}
        if copy.columns is None:
            return [one for one in known.values() if copy.explicit_ids or one.identity != "a"]
        for name in copy.columns:
            if name not in known:
                table = self.target.name
                text = f'column "{name}" of relation "{table}" does not exist'
                raise SqlError("42703", text)
        chosen = [known[name] for name in copy.columns]
        if any(one.identity == "a" for one in chosen) != copy.explicit_ids:
            raise SqlError("42601", "EXPLICIT_IDS and IDENTITY columns must be used together")
        return chosen

    def picker(self, reader):
        """What takes the fields out of an object of JSON."""
        names = [column.name for column in self.columns]
        option = self.copy.json
        if option.startswith("s3://"):
            bucket, _, key = option.removeprefix("s3://").partition("/")
            body = reader.get(bucket, key, "S3 JSONPaths file: ")
            paths = read_paths(body, option, len(names))
            return by_path(paths) if paths is not None else by_name(names, False)
        if option not in ("auto", "auto ignorecase"):
            raise SqlError("22023", f"Invalid JSON option '{option}'")
        return by_name(names, option != "auto")

    # The load

    def begin(self):
        session = self.session
        columns = ", ".join(quote_name(column.name) for column in self.columns)
        session.ask(f"copy {self.copy.table} ({columns}) from stdin")
        session.values.last_copy_id = next(session.server.query_ids)
        session.values.last_query_id = session.values.last_copy_id
        session.values.last_copy_count = 0

    def finish(self):
        self.session.backend.send(wire.message(b"c"))
        self.session.answer()
        self.session.values.last_copy_count = self.loaded

    def give_up(self):
        self.session.backend.send(wire.message(b"f", wire.text("the load failed")))
        try:
            self.session.answer()
        except Exception as error:
            if not hasattr(error, "message"):
                raise

    def load_file(self, url, answer):
        body, headers = answer.body, answer.headers
        content = decompress(body, self.copy.compression, url)
        try:
            content, is_clean = content.decode(), True
        except UnicodeDecodeError:
            content, is_clean = content.decode("utf-8", "surrogateescape"), False
        reader = self.reader(content)
        exotic = EXOTIC.search(content) or (self.pick and "\\u00" in content)
        self.files.append(
            {
                "file_name": url,
                "bytes_scanned": len(body),
                "start_time": str(now()),
                "file_etag": headers.get("etag", "").strip('"'),
            }
        )
        batch = []
        for record in reader.records():
            if type(record.fields) is LoadError:
                self.refuse(url, reader, record, record.fields)
                continue
            batch.append(record)
            if len(batch) == BATCH_ROWS:
                self.load_batch(url, reader, batch, is_clean and not exotic)
                batch = []
        self.load_batch(url, reader, batch, is_clean and not exotic)
        self.files[-1].update(lines_scanned=reader.line_count, record_time=str(now()))

    def reader(self, content):
        if self.pick:
            return JsonObjects(content, self.copy, self.pick)
        kind = CsvLines if self.copy.format == "csv" else DelimitedLines
        return kind(content, self.copy)

    def load_batch(self, url, reader, batch, is_plain):
        """All at once; row by row if something in it is not as it should be."""
        if not batch:
            return
        if self.session.cancelled:
            raise SqlError(CANCELLED, cancelled(self.session))
        try:
            data = self.encode_batch(batch) if is_plain else None
        except (LoadError, UnicodeEncodeError):
            data = None
        if data is None:
            rows = [row for row in (self.encode_row(url, reader, one) for one in batch) if row]
            self.loaded += len(rows)
            data = "".join(rows).encode()
        else:
            self.loaded += len(batch)
        self.session.backend.send(wire.message(b"d", data))

    def encode_batch(self, batch):
        rows = [record.fields for record in batch]
        if set(map(len, rows)) != {len(self.converters)}:
            return None
        columns = [list(map(one, column)) for one, column in zip(self.converters, zip(*rows))]
        text = ROW_END.join(map(FIELD_END.join, zip(*columns)))
        for sign, escape in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
            if sign in text:
                text = text.replace(sign, escape)
        text = text.replace(FIELD_END, "\t").replace(ROW_END, "\n").replace(NULL, "\\N")
        return f"{text}\n".encode()

    def encode_row(self, url, reader, record):
        """The row as PostgreSQL takes it, or None."""
        fields, width = record.fields, len(self.converters)
        try:
            if len(fields) > width:
                raise LoadError(EXTRA_COLUMNS, "Extra column(s) found")
            values = []
            for column, convert, field in zip(self.columns, self.converters, fields):
                try:
                    cleaned = clean(field, self.copy) if field is not None else None
                    value = convert(cleaned)
                except LoadError as error:
                    error.column, error.value = column, field
                    raise
                values.append("\\N" if value is NULL else value.translate(ESCAPES))
            if len(fields) < width:
                raise self.too_few(len(fields))
        except LoadError as error:
            self.refuse(url, reader, record, error)
            return None
        return "\t".join(values) + "\n"

    def too_few(self, number):
        column = self.columns[number]
        if column.is_not_null:
            return LoadError(NO_DATA, "Missing data for not-null field", column=column)
        return LoadError(NO_DELIMITER, "Delimiter not found", column=column)

    def refuse(self, url, reader, record, error):
        """Notes what is wrong; when it is enough, the load fails."""
        column = error.column
        self.errors.append(
            {
                "file_name": url,
                "line_number": record.line,
                "column_name": column.name if column else "",
                "column_type": column.type if column else "",
                "column_length": size_of(column) if column else "",
                "position": error.position,
                "raw_line": shown(reader.raw(record)),
                "raw_field_value": shown(error.value or ""),
                "error_code": error.code,
                "error_message": shown(error.reason),
            }
        )
        if error.fatal or len(self.errors) >= max(1, self.copy.errors_max):
            view = self.session.server.errors_view
            raise SqlError("XX000", FAILED.format(self.target.name, view))

    # Afterwards

    def note(self):
        """For the system views, however it ended."""
        session, target = self.session, self.target
        common = {
            "user_id": target.user_id,
            "query_id": session.values.last_copy_id,
            "transaction_id": session.values.last_copy_id,
            "session_id": session.pid,
            "database_name": target.database,
            "table_id": target.oid,
            "start_time": str(self.start),
        }
        log = session.server.log
        log.add_errors([{**common, **error} for error in self.errors])
        log.add_files([{**common, **file} for file in self.files if "record_time" in file])

    def notices(self):
        name = self.target.name
        told = [LOADED.format(name, self.loaded)]
        if self.errors:
            view = self.session.server.errors_view
            told.append(LEFT_OUT.format(name, len(self.errors), view))
        return told


def cancelled(session):
    return f"Query ({session.values.last_query_id}) cancelled on user's request"


def shown(text):
    """As the views show it: cut, and without what JSON of PostgreSQL does not hold."""
    cut = text[:RAW_CHARACTERS].replace("\0", " ")
    return re.sub("[\ud800-\udfff]", "?", cut)


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
