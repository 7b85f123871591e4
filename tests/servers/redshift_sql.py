"""SQL on its way from a client of Redshift to a PostgreSQL: what is refused, what is rewritten.

    for statement in split("create table t (a varchar(max) encode lzo) distkey (a)"):
        text = rewrite(statement, Values())

A statement is a list of tokens, of which the texts together are the statement again. Nothing is
parsed that need not be changed; what PostgreSQL does not understand it may say itself. What
PostgreSQL has and Redshift lacks is refused by redshift_refusals.py.
"""

import dataclasses
import re
from dataclasses import dataclass

SYNTAX_ERROR = "42601"
NO_SUCH_OBJECT = "42704"
NOT_SUPPORTED = "0A000"
IN_BLOCK = "25001"
TOO_LARGE = "22023"

VARCHAR_BYTES_MAX = 65535
CHAR_BYTES_MAX = 4096
VARCHAR_BYTES = 256  # if nothing is said
CHAR_LIKE = {"char", "character", "nchar", "bpchar"}
VARCHAR_LIKE = {"varchar", "nvarchar", "text"}
PARAMETERS_MAX = 32767

# A database's schema for what the stand-in needs; a client has no business there.
OWN_SCHEMA = "redshift"

TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*)
    | (?P<comment>/\*)
    | (?P<string>(?:\b[eEbBxXnN])?'(?:[^'\\]|''|\\.)*'?)
    | (?P<name>"(?:[^"]|"")*"?)
    | (?P<dollar>\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|$))
    | (?P<parameter>\$\d+)
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<word>\#?[^\W\d][\w$]*)
    | (?P<symbol>::|.)
    """,
    re.VERBOSE | re.DOTALL,
)
COMMENT_EDGE = re.compile(r"/\*|\*/")
ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|(.))|''", re.DOTALL)
ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}

# Amazon Redshift Database Developer Guide, Configuration reference.
SETTINGS = {
    "analyze_threshold_percent",
    "cast_super_null_on_error",
    "datashare_break_glass_session_var",
    "describe_field_name_in_uppercase",
    "downcase_delimited_identifier",
    "enable_case_sensitive_identifier",
    "enable_case_sensitive_super_attribute",
    "enable_numeric_rounding",
    "enable_result_cache_for_session",
    "enable_vacuum_boost",
    "error_on_nondeterministic_update",
    "json_serialization_enable",
    "max_concurrency_scaling_clusters",
    "max_cursor_result_set_size",
    "mv_enable_aqmv_for_session",
    "navigate_super_null_on_error",
    "parse_super_null_on_error",
    "pg_federation_repeatable_read",
    "query_group",
    "spectrum_enable_pseudo_columns",
    "spectrum_query_maxerror",
    "stored_proc_log_min_messages",
    "use_fips_ssl",
    "wlm_query_slot_count",
}
# The same page, and what a PostgreSQL 8.0 has that clients set at their start.
SETTINGS_OF_BOTH = {
    "application_name",
    "client_encoding",
    "client_min_messages",
    "datestyle",
    "extra_float_digits",
    "search_path",
    "seed",
    "session_authorization",
    "statement_timeout",
    "timezone",
}
# Words after SET that are no setting.
SET_WORDS = {"names", "time"}


class SqlError(Exception):
    """What the client is told instead of what it wanted."""

    def __init__(self, sqlstate, message, detail=None):
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail


@dataclass(slots=True)
class Token:
    kind: str
    text: str

    @property
    def word(self):
        """In lower case, and empty for what is not a word without quotes."""
        return self.text.lower() if self.kind == "word" else ""

    @property
    def identifier(self):
        """The name that it is, or None."""
        if self.kind == "name":
            return self.text[1:-1].replace('""', '"')
        return self.text.lower() if self.kind == "word" else None

    @property
    def value(self):
        """What a literal says; backslashes count, as Redshift has it."""
        return literal_value(self.text)


@dataclass
class Values:
    """What a session's functions say, as they are put into the text."""

    last_copy_id: int = -1
    last_copy_count: int = 0
    last_query_id: int = -1
    in_block: bool = False
    keeps_case: bool = False  # enable_case_sensitive_identifier


@dataclass
class Statement:
    """Tokens without the semicolon. `marks` are the places of those that are not space."""

    tokens: list
    marks: list = dataclasses.field(init=False)

    def __post_init__(self):
        self.marks = [place for place, one in enumerate(self.tokens) if one.kind != "space"]

    def __len__(self):
        return len(self.marks)

    def __getitem__(self, number):
        """The token of that number, not counting spaces; an empty one behind the end."""
        return self.tokens[self.marks[number]] if number < len(self.marks) else Token("end", "")

    @property
    def text(self):
        return "".join(token.text for token in self.tokens)

    def starts(self, *words):
        return all(self[number].word == word for number, word in enumerate(words))

    def replace(self, number, text):
        token = self[number]
        token.kind, token.text = "done", text

    def remove(self, begin, end):
        for number in range(begin, end):
            self.replace(number, "")

    def closing(self, number):
        """The parenthesis that closes this one."""
        depth = 0
        for place in range(number, len(self)):
            depth += {"(": 1, ")": -1}.get(self[place].text, 0)
            if depth == 0:
                return place
        raise SqlError(SYNTAX_ERROR, "syntax error at end of input")

    def items(self, begin, end):
        """The parts between commas, as pairs of begin and end."""
        parts, first, place = [], begin, begin
        while place < end:
            if self[place].text == "(":
                place = self.closing(place)
            elif self[place].text == ",":
                parts.append((first, place))
                first = place + 1
            place += 1
        return [*parts, (first, end)] if end > begin else []

    def unexpected(self, number):
        if number >= len(self):
            return SqlError(SYNTAX_ERROR, "syntax error at end of input")
        return SqlError(SYNTAX_ERROR, f'syntax error at or near "{self[number].text}"')


def tokenize(sql):
    tokens, place = [], 0
    while place < len(sql):
        found = TOKEN.match(sql, place)
        end = found.end()
        if found.lastgroup == "comment":
            end = comment_end(sql, end)
        kind = {"dollar": "string", "comment": "space"}.get(found.lastgroup, found.lastgroup)
        tokens.append(Token(kind, sql[place:end]))
        place = end
    return tokens


def comment_end(sql, place):
    """Behind the comment that begins before this place; comments nest."""
    depth = 1
    for edge in COMMENT_EDGE.finditer(sql, place):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(sql)


def split(sql):
    """The statements of a text; those that are empty are none."""
    statements, tokens, depth = [], [], 0
    for token in [*tokenize(sql), Token("symbol", ";")]:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text == ";" and depth <= 0:
            statements.append(Statement(tokens))
            tokens, depth = [], 0
        else:
            tokens.append(token)
    if tokens:
        statements.append(Statement(tokens))
    return [statement for statement in statements if len(statement)]


def literal_value(text):
    if text[:1] == "$":
        size = text.index("$", 1) + 1
        return text[size:-size]
    body = text[text.index("'") + 1 : -1]
    return ESCAPE.sub(unescape, body)


def unescape(found):
    if found.group() == "''":
        return "'"
    if found.group(1):
        return chr(int(found.group(1), 8))
    return ESCAPED.get(found.group(2), found.group(2))


def quote_literal(text):
    """For Redshift: a backslash is doubled, too."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def quote_name(name):
    return '"' + name.replace('"', '""') + '"'


# Rewriting


def rewrite(statement, values):
    """The text for PostgreSQL, or a SqlError."""
    rewrite_words(statement, values)
    for begin, change in CHANGES.items():
        if statement.starts(*begin):
            change(statement, values)
            break
    return statement.text


def rewrite_words(statement, values):
    """What may stand anywhere."""
    functions = {
        "pg_last_copy_id": values.last_copy_id,
        "pg_last_copy_count": values.last_copy_count,
        "pg_last_query_id": values.last_query_id,
    }
    for number, token in enumerate(map(statement.tokens.__getitem__, statement.marks)):
        word = token.word
        is_call = bool(word) and statement[number + 1].text == "("
        if token.kind == "string" and token.text[0] in "eEbBxXnN":
            name = token.text[0].lower()
            raise SqlError(NO_SUCH_OBJECT, f'type "{name}" does not exist')
        if token.kind == "name" and not values.keeps_case:
            token.text = token.text.lower()
        elif word.startswith("#"):
            token.kind, token.text = "name", quote_name(word)
        elif word == "set_config" and is_call and statement[number + 2].kind == "string":
            name = known_setting(statement[number + 2].value)
            statement.replace(number + 2, quote_literal(name))
        elif word in functions and is_call and statement[number + 2].text == ")":
            token.text = f"{OWN_SCHEMA}.{word}"
            statement.replace(number + 1, f"({functions[word]}")
        elif word == "sysdate" and not is_call:
            token.text = f"{OWN_SCHEMA}.sysdate()"
        elif word == "nvl" and is_call:
            token.text = "coalesce"
        elif word == "max" and statement[number - 1].text == "(" and number > 1:
            before = statement[number - 2].word
            if before in ("varchar", "nvarchar", "varying"):
                token.text = str(VARCHAR_BYTES_MAX)
            elif before in CHAR_LIKE:
                token.text = str(CHAR_BYTES_MAX)


def change_create(statement, values):
    number = 1
    is_temporary = False
    while statement[number].word in ("local", "temp", "temporary"):
        if statement[number].word == "local":
            statement.replace(number, "")
        is_temporary = True
        number += 1
    size = len(statement)
    if statement[number].word == "table":
        change_create_table(statement, number, is_temporary)
    elif [statement[place].word for place in range(max(1, size - 4), size)] == LATE_BINDING:
        statement.remove(size - 4, size)


def change_create_table(statement, number, is_temporary):
    table = number
    number += 1
    if all(statement[number + more].word == w for more, w in enumerate(("if", "not", "exists"))):
        number += 3
    if statement[number].text.startswith('"#') and not is_temporary:
        statement.replace(table, "temporary table")
    while statement[number + 1].text == ".":
        number += 2
    number += 1
    if statement[number].text == "(":
        end = statement.closing(number)
        change_items(statement, number + 1, end)
        number = end + 1
    change_attributes(statement, number)


def change_attributes(statement, number):
    """What stands behind the columns: how to distribute, how to sort."""
    while number < len(statement) and statement[number].word != "as":
        begin = number
        words = tuple(statement[number + more].word for more in range(2))
        if words[0] == "backup" and words[1] in ("yes", "no"):
            number += 2
        elif words[0] == "diststyle" and words[1] in ("auto", "even", "key", "all"):
            number += 2
        elif words in (("sortkey", "auto"), ("encode", "auto")):
            number += 2
        elif words[0] in ("distkey", "sortkey") and statement[number + 1].text == "(":
            number = statement.closing(number + 1) + 1
        elif words[0] in ("compound", "interleaved") and words[1] == "sortkey":
            if statement[number + 2].text != "(":
                raise statement.unexpected(number + 2)
            number = statement.closing(number + 2) + 1
        else:
            raise statement.unexpected(number)
        statement.remove(begin, number)


def change_items(statement, begin, end):
    """The columns and constraints of a table. Keys say nothing but that a column is not null."""
    items = statement.items(begin, end)
    names = {}
    keys, dropped = [], []
    for first, last in items:
        place = first + (2 if statement[first].word == "constraint" else 0)
        if statement[place].word in ("primary", "unique", "foreign"):
            if statement[place].word == "primary" and statement[place + 2].text == "(":
                keys += [
                    statement[number].identifier
                    for number in range(place + 3, statement.closing(place + 2), 2)
                ]
            dropped.append((first, last))
        elif statement[first].word != "like":
            names[statement[first].identifier] = (first, last)
    for name in keys:
        if name not in names:
            raise SqlError("42703", f'column "{name}" named in key does not exist')
    for name, (first, last) in names.items():
        change_column(statement, first, last, name in keys)
    for first, last in dropped:
        # With the comma before it; an item that is the first of all has one behind it.
        statement.remove(max(first - 1, begin), last)
        if first == begin:
            statement.remove(last, min(last + 1, end))


def change_column(statement, first, last, is_key):
    if last - first < 2:
        return  # of CREATE TABLE AS: a name only
    number = change_type(statement, first + 1, last)
    is_not_null = False
    while number < last:
        begin, word, then = number, statement[number].word, statement[number + 1].word
        number += 1
        if word == "constraint":
            number += 1
        elif word in ("encode", "collate"):
            number += 1
        elif word == "primary" and then == "key":
            is_key = True
            number += 1
        elif word == "references":
            while statement[number + 1].text == ".":
                number += 2
            number += 1
            if statement[number].text == "(" and number < last:
                number = statement.closing(number) + 1
        elif word == "generated":
            continue
        elif word == "identity" and statement[number].text == "(":
            number = change_identity(statement, begin, last)
            continue
        elif word not in ("distkey", "sortkey", "unique"):
            is_not_null |= word == "not" and then == "null"
            if statement[begin].text == "(":
                number = statement.closing(begin) + 1
            continue
        statement.remove(begin, min(number, last))
    if is_key and not is_not_null:
        statement.replace(last - 1, statement[last - 1].text + " not null")


def change_identity(statement, begin, last):
    """Unique and ascending, with gaps: Redshift's slices take turns."""
    end = statement.closing(begin + 1)
    seed, step = statement[begin + 2].text, statement[begin + 4].text
    if end != begin + 5 or not (seed.isdigit() and step.isdigit()) or end >= last:
        raise statement.unexpected(begin + 1)
    options = f"start with {seed} increment by {int(step) * 2} minvalue {min(int(seed), 1)}"
    is_default = statement[begin - 1].word == "as" and statement[begin - 2].word == "default"
    before = "" if is_default else "generated always as "
    statement.remove(begin, end + 1)
    statement.replace(begin, f"{before}identity ({options})")
    return end + 1


def change_type(statement, number, last):
    """Where the type ends. It gets the size that it has if none is given."""
    token, word = statement[number], statement[number].word
    if word in ("national",):
        statement.replace(number, "")
        number += 1
        token, word = statement[number], statement[number].word
    end = number + 1
    if word in ("character", "char", "nchar") and statement[end].word == "varying":
        token.text, word = "varchar", "varchar"
        statement.replace(end, "")
        end += 1
    elif word in ("double", "timestamp", "time"):
        while statement[end].word in ("precision", "with", "without", "time", "zone"):
            end += 1
    has_size = statement[end].text == "(" and end < last
    if has_size:
        check_size(word, statement[end + 1].text)
    if word in VARCHAR_LIKE:
        token.text = "varchar" if has_size else f"varchar({VARCHAR_BYTES})"
    elif word in ("nchar", "bpchar"):
        token.text = "char(256)" if word == "bpchar" and not has_size else "char"
    elif word in ("decimal", "numeric") and not has_size:
        token.text += "(18,0)"
    return statement.closing(end) + 1 if has_size else end


def check_size(word, size):
    limit = VARCHAR_BYTES_MAX if word in VARCHAR_LIKE else None
    limit = CHAR_BYTES_MAX if word in CHAR_LIKE else limit
    if limit is not None and size.isdigit() and int(size) > limit:
        kind = "varchar" if word in VARCHAR_LIKE else "char"
        raise SqlError(TOO_LARGE, f"length for type {kind} cannot exceed {limit}")


LATE_BINDING = ["with", "no", "schema", "binding"]
NO_CHANGE = " set (autovacuum_enabled = true)"  # what ALTER TABLE does instead of nothing


def change_alter(statement, values):
    number = 2
    while statement[number + 1].text == ".":
        number += 2
    number += 1
    actions = statement.items(number, len(statement))
    kinds = {alter_kind(statement, first) for first, _ in actions}
    if len(actions) > 1 and kinds != {"layout"}:
        raise statement.unexpected(actions[0][1])
    if kinds & {"layout", "constraint"}:
        statement.remove(number, len(statement))
        statement.replace(number, NO_CHANGE)
    elif kinds == {"type"} and values.in_block:
        raise SqlError(
            IN_BLOCK, "ALTER TABLE ALTER COLUMN cannot run inside a transaction block"
        )
    elif kinds == {"add"}:
        first, last = actions[0]
        first += 2 if statement[first + 1].word == "column" else 1
        change_column(statement, first, last, False)


def alter_kind(statement, number):
    """What an action of ALTER TABLE is about; what Redshift does not have is refused."""
    word, then = statement[number].word, statement[number + 1].word
    if word == "add":
        is_constraint = then in ("constraint", "primary", "unique", "foreign")
        return "constraint" if is_constraint else "add"
    if word == "drop" and then == "constraint":
        return "constraint"
    if word != "alter":
        return "other"
    if then in ("distkey", "diststyle", "sortkey", "compound", "encode"):
        return "layout"
    place = number + (3 if then == "column" else 2)
    if statement[place].word == "encode":
        return "layout"
    if statement[place].word == "type":
        return "type"
    raise statement.unexpected(place)


def change_begin(statement, values):
    """Whatever isolation is asked for: Redshift has one for the whole database."""
    for number in range(len(statement)):
        if statement[number].word == "isolation":
            size = 4 if statement[number + 2].word in ("read", "repeatable") else 3
            statement.remove(number, number + size)


def change_set(statement, values):
    number = 1
    if statement.starts("set", "session", "authorization"):
        return
    while statement[number].word in ("session", "local"):
        number += 1
    if statement[number + 1].text == "." or statement[number].word in SET_WORDS:
        return  # a variable of the client's own, or a form without a name
    name = known_setting(statement[number].identifier)
    statement.replace(number, name)
    if name == f"{OWN_SCHEMA}.enable_case_sensitive_identifier":
        values.keeps_case = statement[number + 2].text.strip("'").lower() in ("true", "on", "1")


def change_reset(statement, values):
    if statement[1].word not in ("all", "session") and statement[2].text != ".":
        statement.replace(1, known_setting(statement[1].identifier))


def change_show(statement, values):
    if statement.starts("show", "transaction") or statement[2].text == ".":
        return
    more = {"server_version", "all", "server_encoding", "transaction_isolation"}
    name = known_setting(statement[1].identifier, more)
    if name == "server_version":
        # Not SHOW, so that the tag is another; the column has its name.
        statement.replace(0, f"select {OWN_SCHEMA}.server_version() as")
    elif "." in name:
        show = f"select coalesce(nullif(current_setting('{name}', true), ''), 'unset') as"
        statement.replace(0, show)
    else:
        statement.replace(1, name)


def known_setting(name, more=frozenset()):
    """Redshift's own settings are kept under a prefix, where PostgreSQL takes any."""
    name = (name or "").lower()
    if name in SETTINGS:
        return f"{OWN_SCHEMA}.{name}"
    if name in SETTINGS_OF_BOTH or name in more:
        return name
    raise SqlError(NO_SUCH_OBJECT, f'unrecognized configuration parameter "{name}"')


def change_vacuum(statement, values):
    """Kinds of VACUUM and its threshold are Redshift's own."""
    number = 1
    for words in (("full",), ("sort", "only"), ("delete", "only"), ("reindex",), ("recluster",)):
        if all(statement[number + more].word == word for more, word in enumerate(words)):
            statement.remove(number, number + len(words))
            number += len(words)
            break
    end = len(statement)
    if statement[end - 1].word == "boost":
        end -= 1
    if statement[end - 1].word == "percent" and statement[end - 3].word == "to":
        end -= 3
    statement.remove(end, len(statement))


def change_analyze(statement, values):
    size = len(statement)
    if statement[size - 1].word == "columns" and statement[size - 2].word in ("all", "predicate"):
        statement.remove(size - 2, size)


def change_truncate(statement, values):
    number = 2 if statement[1].word == "table" else 1
    while statement[number + 1].text == ".":
        number += 2
    if number + 1 < len(statement):
        raise statement.unexpected(number + 1)


def change_lock(statement, values):
    for number in range(len(statement)):
        if statement[number].word in ("in", "nowait"):
            raise statement.unexpected(number)


CHANGES = {
    ("create",): change_create,
    ("alter", "table"): change_alter,
    ("begin",): change_begin,
    ("start", "transaction"): change_begin,
    ("set",): change_set,
    ("reset",): change_reset,
    ("show",): change_show,
    ("vacuum",): change_vacuum,
    ("analyze",): change_analyze,
    ("truncate",): change_truncate,
    ("lock",): change_lock,
}
