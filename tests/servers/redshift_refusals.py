"""What Amazon Redshift refuses of PostgreSQL's SQL, by the pages of AWS.

    found = refusal("insert into t values (1) on conflict do nothing")
    if found is not None:
        print(found.sqlstate, found.message, found.page)

A page is one of the Amazon Redshift Database Developer Guide: its title and the name of its file.
It says that a thing is not supported, or it gives the whole syntax of a command without the thing;
pages of the second kind say less, and so do their refusals.

The messages are ours, and the SQLSTATEs follow PostgreSQL's meaning of them: the guide gives
neither. Nor does a refusal prove that a cluster would say no: the guide warns that some of what it
calls unsupported does run on the leader node. What it does call supported is not refused, such as
set_config, whatever PostgreSQL's own manual says of it.

Looked at are tokens: what stands in comments, string literals and quoted names never counts.
"""

import bisect
import re
from collections.abc import Callable
from dataclasses import dataclass

STATEMENT_BYTES_MAX = 16 << 20
PARAMETER_MAX = 32_767

SYNTAX_ERROR = "42601"
DUPLICATE_COLUMN = "42701"
UNDEFINED_OBJECT = "42704"
UNDEFINED_FUNCTION = "42883"
NOT_SUPPORTED = "0A000"
TOO_LARGE = "54000"

FEATURES = "Unsupported PostgreSQL features (c_unsupported-postgresql-features)"
FUNCTIONS = "Unsupported PostgreSQL functions (c_unsupported-postgresql-functions)"
DATA_TYPES = "Unsupported PostgreSQL data types (c_unsupported-postgresql-datatypes)"
DIFFERENT = "Features that are implemented differently (c_redshift-sql-implementated-differently)"
COMMANDS = "SQL commands (c_SQL_commands)"
KNOWN_FUNCTIONS = "SQL functions reference (c_SQL_functions)"
LEADER_NODE = "Leader node-only functions (c_SQL_functions_leader_node_only)"
CONFIGURATION = "Configuration reference (cm_chap_ConfigurationRef)"
RESERVED = "Reserved words (r_pg_keywords)"
WINDOW = "Window function syntax summary (r_Window_function_synopsis)"
AGGREGATES = "Aggregate functions (c_Aggregate_Functions)"
POSIX = "POSIX operators (pattern-matching-conditions-posix)"
INTERVALS = "Interval data types and literals (r_interval_data_types)"
JSON = "JSON functions (json-functions)"
ALTER_TABLE = "ALTER TABLE (r_ALTER_TABLE)"
ANALYZE = "ANALYZE (r_ANALYZE)"
BEGIN = "BEGIN (r_BEGIN)"
COMMENT = "COMMENT (r_COMMENT)"
CONCAT = "CONCAT function (r_CONCAT)"
COPY = "COPY (r_COPY)"
CREATE_TABLE = "CREATE TABLE (r_CREATE_TABLE_NEW)"
DELETE = "DELETE (r_DELETE)"
EXPLAIN = "EXPLAIN (r_EXPLAIN)"
FROM = "FROM clause (r_FROM_clause30)"
IN = "IN condition (r_in_condition)"
INSERT = "INSERT (r_INSERT_30)"
LOCK = "LOCK (r_LOCK)"
MERGE = "MERGE (r_MERGE)"
PREPARE = "PREPARE (r_PREPARE)"
ROLLBACK = "ROLLBACK (r_ROLLBACK)"
SELECT = "SELECT (r_SELECT_synopsis)"
SET = "SET (r_SET)"
TO_TIMESTAMP = "TO_TIMESTAMP function (r_TO_TIMESTAMP)"
TRUNCATE = "TRUNCATE (r_TRUNCATE)"
UPDATE = "UPDATE (r_UPDATE)"
VACUUM = "VACUUM (r_VACUUM_command)"
WITH = "WITH clause (r_WITH_clause)"


@dataclass(frozen=True)
class Refusal:
    """Why a statement is not Redshift's."""

    name: str
    message: str
    sqlstate: str
    page: str


@dataclass(frozen=True)
class Statement:
    """Without its semicolon. `line` is where its first token stands, from 1."""

    text: str
    line: int


# --- Tokens


@dataclass(slots=True)
class Token:
    """A word in lower case, an operator or a mark; of a literal and a quoted name the quotes."""

    text: str
    begin: int
    end: int

    @property
    def is_word(self):
        return self.text[0].isalpha() or self.text[0] in "_#"

    @property
    def is_name(self):
        return self.is_word or self.text == '""'


# A backslash escapes in every literal, other than in PostgreSQL of today.
TOKEN = re.compile(
    r"""(?P<nothing> \s+ | --[^\n]* )
    | (?P<comment> /\* )
    | (?P<literal> (?:[ebxn]|u&)? '(?:[^'\\]+|''|\\.)*(?:'|$) )
    | (?P<dollars> \$(?:[a-z_]\w*)?\$ )
    | (?P<quoted> "(?:[^"]+|"")*(?:"|$) )
    | (?P<plain> \#?[^\W\d][\w$]* | \$\d+ | (?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?
        | :: | (?:(?!--|/\*)[-+*/<>=~!@\#%^&|`?])+ | . )""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
COMMENT_MARK = re.compile(r"/\*|\*/")


def comment_end(sql, begin):
    """Where the block comment at `begin` ends; they nest."""
    depth = 0
    for mark in COMMENT_MARK.finditer(sql, begin):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)


def tokens_of(sql):
    at = 0
    while found := TOKEN.match(sql, at):
        begin, at, kind = at, found.end(), found.lastgroup
        if kind == "comment":
            at = comment_end(sql, begin)
        elif kind == "dollars":
            end = sql.find(found[0], at)
            at = len(sql) if end < 0 else end + len(found[0])
            yield Token("''", begin, at)
        elif kind == "literal":
            yield Token("''", begin, at)
        elif kind == "quoted":
            yield Token('""', begin, at)
        elif kind == "plain":
            yield Token(found[0].lower(), begin, at)


def token_lists(sql):
    """The tokens of each statement of a text, by its semicolons; empty ones are left out."""
    inside = []
    for token in tokens_of(sql):
        if token.text != ";":
            inside.append(token)
        elif inside:
            yield inside
            inside = []
    if inside:
        yield inside


def split(sql):
    """The statements of a text."""
    line_ends = [found.start() for found in re.finditer("\n", sql)]
    return [
        Statement(
            sql[tokens[0].begin : tokens[-1].end],
            bisect.bisect_left(line_ends, tokens[0].begin) + 1,
        )
        for tokens in token_lists(sql)
    ]


AS_QUERY = re.compile(r"^(create (?:\w+ )*?table .*?) as (?:select|with|\().*$")


class Tokens(list):
    """Of one statement; `text` has them in one line, with one space between each two."""

    def __init__(self, tokens):
        super().__init__(tokens)
        self.text = " ".join(token.text for token in self)
        self.definition = AS_QUERY.sub(r"\1", self.text)  # CREATE TABLE AS without its query

    def word(self, index):
        return self[index].text if 0 <= index < len(self) else ""

    def closing(self, opening):
        """The parenthesis that closes the one at `opening`; the statement's end without one."""
        depth = 0
        for index in range(opening, len(self)):
            depth += {"(": 1, ")": -1}.get(self[index].text, 0)
            if depth == 0:
                return index
        return len(self)

    def opening(self, closing):
        """The parenthesis that the one at `closing` closes, or -1."""
        depth = 0
        for index in range(closing, -1, -1):
            depth += {")": 1, "(": -1}.get(self[index].text, 0)
            if depth == 0:
                return index
        return -1

    def flat(self, begin, end):
        """The indexes from `begin` that stand in no parentheses opened since; it ends with the
        parentheses around."""
        depth = 0
        for index in range(begin, min(end, len(self))):
            depth -= self[index].text == ")"
            if depth < 0:
                break
            if depth == 0:
                yield index
            depth += self[index].text == "("

    def items(self, begin, end):
        """The ranges between the commas of a list."""
        first = begin
        for index in self.flat(begin, end):
            if self[index].text == ",":
                yield first, index
                first = index + 1
        if first < end:
            yield first, end

    def calls(self):
        """The indexes of the names of functions that are called, as far as tokens can tell."""
        for index, token in enumerate(self):
            if self.word(index + 1) != "(" or not token.is_word or token.text in NO_FUNCTIONS:
                continue
            first = index
            while self.word(first - 1) == "." and self[first - 2].is_name:
                first -= 2
            before = self.word(first - 1)
            is_operand = before[:1].isalnum() or before[:1] in tuple("_#$\"')]")
            if before in CALL_FOLLOWS or not is_operand:
                yield index


# Behind these words an expression begins.
CALL_FOLLOWS = frozenset(
    "select all distinct where and or not on when then else case having by in between like ilike "
    "is set values from join call default qualify similar to over limit offset top using".split()
)
# These have parentheses behind them and are no functions.
NO_FUNCTIONS = frozenset(
    "and or not in exists on using values over any all some as when then else where having by from "
    "select distinct filter group set row array default is like ilike between union except "
    "intersect case join with within sets cube rollup with recursive minus qualify pivot unpivot "
    "for to limit offset returning similar".split()
)


# --- Rules


Rule = Callable[[Tokens], Refusal | None]
rules: list[Rule] = []
pattern_names: list[str] = []


def rule(function):
    rules.append(function)
    return function


def refuse(name, expression, message, page, sqlstate=SYNTAX_ERROR, text_of=None):
    """Adds a rule: a statement whose tokens, in one line, have this pattern."""
    compiled = re.compile(expression)
    found = Refusal(name, message, sqlstate, page)
    text_of = text_of or (lambda tokens: tokens.text)
    pattern_names.append(name)
    rules.append(lambda tokens: found if compiled.search(text_of(tokens)) else None)


def refuse_of_table(name, expression, message, page, sqlstate=SYNTAX_ERROR):
    """The same of what defines a table: in the query of CREATE TABLE AS it means something else."""
    refuse(name, expression, message, page, sqlstate, lambda tokens: tokens.definition)


NAME = r'(?:[^\W\d][\w$]*|#[\w$]+|"")'
TABLE = rf"{NAME}(?: \. {NAME})*"
CREATE = r"^create (?:local )?(?:temp |temporary )?table\b"
CREATE_OR_ALTER = r"^(?:create|alter) (?:local )?(?:temp |temporary )?table\b"

# What the guide calls unsupported.
refuse("create_index", r"^(?:create (?:unique )?|drop |alter )index\b|^reindex\b",
       "indexes are not supported", FEATURES, NOT_SUPPORTED)
refuse("trigger", r"^(?:create|alter|drop) (?:or replace )?(?:constraint |event )?trigger\b",
       "triggers are not supported", FEATURES, NOT_SUPPORTED)
refuse("sequence", r"^(?:create (?:temp |temporary )?|alter |drop )sequence\b",
       "sequences are not supported", FEATURES, NOT_SUPPORTED)
refuse("create_type", r"^(?:create|alter|drop) (?:type|domain)\b",
       "types of one's own are not supported", DATA_TYPES, NOT_SUPPORTED)
refuse_of_table("tablespace", rf"^(?:create|alter|drop) tablespace\b|^create\b.* tablespace {NAME}"
                r"|^alter table\b.* set tablespace\b", "tablespaces are not supported", FEATURES,
                NOT_SUPPORTED)
refuse_of_table("partition", rf"{CREATE}.* partition (?:by|of)\b|^alter table\b.* (?:attach"
                r"|detach) partition\b", "tables have no partitions", FEATURES, NOT_SUPPORTED)
refuse_of_table("inherits", rf"{CREATE}.*\) inherits \(|^alter table\b.* (?:no )?inherit\b",
                "tables do not inherit", FEATURES, NOT_SUPPORTED)
refuse_of_table("check_constraint", rf"{CREATE_OR_ALTER}.*\bcheck \(",
                "CHECK constraints are not supported", FEATURES, NOT_SUPPORTED)
refuse_of_table("exclude_constraint", rf"{CREATE_OR_ALTER}.*\bexclude (?:using\b|\()",
                "EXCLUDE constraints are not supported", FEATURES, NOT_SUPPORTED)
refuse("array", r"\barray \[", "array constructors are not supported", FEATURES, NOT_SUPPORTED)
refuse("row", r"(?<!current )(?<!\w)row \(", "row constructors are not supported", FEATURES,
       NOT_SUPPORTED)
refuse("values_table", r"(?:^|\( |\b(?:union|all|except|intersect|minus) )values \(",
       "VALUES is not a table", FEATURES, NOT_SUPPORTED)
refuse("collate", r"\bcollate (?!\(|case_sensitive\b|case_insensitive\b)",
       "collations are not supported: text is ordered by its bytes", FEATURES, NOT_SUPPORTED)
refuse("is_distinct_from", r"\bis (?:not )?distinct from\b", "IS DISTINCT FROM is not supported",
       FUNCTIONS, NOT_SUPPORTED)
refuse("savepoint", r"^(?:savepoint|release)\b|^(?:rollback|abort) (?:work |transaction )?to\b",
       "savepoints are not supported", FUNCTIONS, NOT_SUPPORTED)
refuse("array_operator", r"[=<>~] (?:any|some|all) \( (?!select\b|with\b|\()|(?:^| )(?:@>|<@|&&)"
       r"(?: |$)", "operators of arrays are not supported", FUNCTIONS, NOT_SUPPORTED)
refuse("json_operator", r" (?:->>?|#>>?|\?\||\?&|@\?) ", "operators of json are not supported",
       DATA_TYPES, NOT_SUPPORTED)
refuse("text_search", r" @@@? ", "full text search is not supported", FEATURES, NOT_SUPPORTED)
refuse("system_name", r"(?<!\. )\bcurrent_catalog\b", "CURRENT_CATALOG is not supported", FUNCTIONS,
       UNDEFINED_FUNCTION)

# What a query has not.
refuse("distinct_on", r"\bselect distinct on \(", "SELECT has no DISTINCT ON", SELECT)
refuse("filter", r"\) filter \( where\b", "aggregates have no FILTER", AGGREGATES)
refuse("group_by_distinct", r"\bgroup by distinct\b", "GROUP BY has no DISTINCT", SELECT)
refuse("lateral", r"(?:,|\bfrom|\bjoin) lateral\b", "FROM has no LATERAL", FROM)
refuse("tablesample", r"\btablesample\b", "FROM has no TABLESAMPLE", FROM)
refuse("from_only", r"\b(?:from|join) only\b", "FROM has no ONLY: tables do not inherit", FROM)
refuse("ordinality", r"\) with ordinality\b", "FROM has no WITH ORDINALITY", FROM)
refuse("fetch_first", r"\S fetch (?:first|next)\b", "SELECT has no FETCH FIRST, only LIMIT", SELECT)
refuse("for_update", r"\bfor (?:no key )?update\b|\bfor (?:key )?share\b", "SELECT locks no rows",
       SELECT)
refuse("named_window", rf"\bwindow {NAME} as \(|\bover (?!\(){NAME}",
       "windows have no names", WINDOW)
refuse("modifying_with", r"\bas (?:not )?(?:materialized )?\( (?:insert|update|delete|merge) ",
       "WITH changes no data", WITH)
refuse("materialized_with", r"\bas (?:not )?materialized \(", "WITH has no MATERIALIZED", WITH)
refuse("recursive_subquery", r"\( with recursive\b", "WITH RECURSIVE stands in no subquery", WITH)
refuse("regular_expression", r" !?~\* ", "there are only ~ and !~", POSIX)
refuse("table_command", rf"^table {TABLE}|\( table {TABLE} \)", "there is no command TABLE",
       COMMANDS)

# What a change of rows has not.
refuse("on_conflict", r"^(?:with|insert)\b.* on conflict (?:do\b|\(|on constraint\b)",
       "INSERT has no ON CONFLICT", INSERT)
refuse("returning", r"^(?:with|insert|update|delete|merge)\b.* returning ",
       "no command has RETURNING", COMMANDS)
refuse("overriding", r"^insert\b.* overriding (?:system|user) value\b",
       "INSERT has no OVERRIDING", INSERT)
refuse("insert_alias", rf"^insert into {TABLE} as\b", "INSERT names no alias", INSERT)
refuse("delete_alias", rf"^delete from {TABLE} (?:as\b|(?!using\b|where\b){NAME})",
       "DELETE names no alias", DELETE)
refuse("delete_using", rf"^(?:with\b.* )?delete from {TABLE} using (?:{TABLE} , )*\(",
       "DELETE takes tables in USING", DELETE)
refuse("update_columns", rf"^(?:with\b.* )?update {TABLE}(?: as)?(?: {NAME})? set \(",
       "UPDATE sets one column at a time", UPDATE)
refuse("where_current", r"\bwhere current of\b", "there is no WHERE CURRENT OF", COMMANDS)
refuse("merge_subquery", r"^merge into .*? using \(", "MERGE takes its rows from a table", MERGE)
refuse("merge_condition", r"^merge\b.* when (?:not )?matched (?:and|by)\b|^merge\b.* then do "
       r"nothing\b", "MERGE has no such WHEN", MERGE)

# What a table has not.
refuse("unlogged", r"^create unlogged\b|^alter table\b.* set (?:un)?logged\b",
       "there are no unlogged tables", CREATE_TABLE)
refuse_of_table("on_commit", r"^create\b.* on commit (?:drop|delete|preserve)\b",
                "CREATE TABLE has no ON COMMIT", CREATE_TABLE)
refuse_of_table("generated", rf"{CREATE}.* generated always\b|{CREATE}.* stored\b",
                "a column is GENERATED BY DEFAULT AS IDENTITY or not at all", CREATE_TABLE)
refuse_of_table("identity", rf"{CREATE}.* as identity (?!\( -?\d+ ,)",
                "IDENTITY takes a seed and a step", CREATE_TABLE)
refuse_of_table("like_including", rf"{CREATE}.* (?:including|excluding) (?!defaults\b)",
                "LIKE takes DEFAULTS and nothing else", CREATE_TABLE)
refuse_of_table("storage", rf"{CREATE}.*\) (?:with \(|using {NAME})",
                "CREATE TABLE has no such option", CREATE_TABLE)
refuse_of_table("foreign_key_action", rf"{CREATE_OR_ALTER}.* (?:on (?:delete|update) (?:cascade"
                r"|restrict|no|set)|match (?:full|partial|simple)|deferrable|initially"
                r"|not valid)\b",
                "keys are informational: they have no such option", CREATE_TABLE)
refuse("with_data", rf"{CREATE}.* with (?:no )?data$", "CREATE TABLE AS has no WITH DATA",
       "CREATE TABLE AS (r_CREATE_TABLE_AS)")
refuse("temporary_schema", rf"^create (?:local )?temp(?:orary)? table (?:if not exists )?{NAME} \."
       r"|\bpg_temp \.", "the schema of temporary tables has no name", CREATE_TABLE)
refuse("row_level_security", r"^alter table\b.* row level security$|^create policy\b",
       "row-level security is ROW LEVEL SECURITY ON and CREATE RLS POLICY", ALTER_TABLE)
refuse("alter_if_exists", r"^alter table (?:if exists|only)\b|^alter table\b.* (?:add|drop) "
       r"(?:column |constraint )?if (?:not )?exists\b", "ALTER TABLE has no IF EXISTS", ALTER_TABLE)
refuse("alter_other", r"^alter table\b.* (?:set schema|rename constraint|replica identity"
       r"|cluster on|validate constraint|set \()", "ALTER TABLE has no such action", ALTER_TABLE)

# What other commands have not.
refuse("copy_stream", r"^copy\b.* (?:from stdin|to stdout)\b",
       "COPY does not speak with the client: it reads Amazon S3 and the like", COPY)
refuse("copy_to", rf"^copy (?:{TABLE}(?: \(.*?\))?|\(.*\)) to\b|^copy \(",
       "COPY only loads; see UNLOAD", COPY)
refuse("copy_binary", r"^copy binary\b|^copy\b.* (?:format|with) binary\b",
       "COPY reads no binary format", COPY)
refuse("copy_options", r"^copy\b.* (?:with \(|from '' \(|where )", "COPY has no such option", COPY)
refuse("copy_authorization", r"^copy\b(?!.* (?:iam_role|credentials|access_key_id)\b)",
       "COPY needs an authorization, such as IAM_ROLE", COPY)
refuse("lock_mode", r"^lock\b.* in (?:\w+ )+mode\b|^lock\b.* nowait$|^lock (?:table )?only\b",
       "LOCK has one mode, ACCESS EXCLUSIVE, and no words for it", LOCK)
refuse("truncate", rf"^truncate (?!(?:table )?{TABLE}$)", "TRUNCATE takes one table and no option",
       TRUNCATE)
refuse("analyze", rf"^analyze\b(?!(?: verbose| compression)?(?: {TABLE}(?: \([^()]*\))?)?(?: "
       r"predicate columns| all columns| comprows \d+)?$)", "ANALYZE takes one table", ANALYZE)
refuse("vacuum", r"^vacuum (?:\(|analyze\b|freeze\b|verbose\b|.*,)", "VACUUM has no such option",
       VACUUM)
refuse("explain", r"^explain (?:\(|analyze\b)", "EXPLAIN has only VERBOSE", EXPLAIN)
refuse("comment", r"^comment on (?!table\b|column\b|constraint\b|database\b|view\b)",
       "COMMENT is for tables, columns, constraints, databases and views", COMMENT)
refuse("begin", r"^(?:begin|start transaction)\b(?!(?: work| transaction)?(?: isolation level (?:"
       r"serializable|read uncommitted|read committed|repeatable read))?(?: read write"
       r"| read only)?$)", "BEGIN has an isolation level, then READ WRITE or READ ONLY", BEGIN)
refuse("end", r"^(?:commit|end|rollback|abort)\b(?!(?: work| transaction)?$)",
       "the end of a transaction has no such option", ROLLBACK)
refuse("two_phase", r"^prepare transaction\b", "there is no two-phase commit", PREPARE)
refuse("set_transaction", r"^set (?:session |local )?transaction\b|^set constraints\b",
       "SET sets parameters", SET)


# --- Commands and what they are about

COMMAND_WORDS = frozenset(
    "( abort alter analyze attach begin call cancel close comment commit copy create deallocate "
    "declare delete desc detach drop end execute explain fetch grant insert lock merge prepare "
    "refresh reset revoke rollback select set show start truncate unload update use vacuum "
    "with".split()
)
OBJECT_WORDS = frozenset(
    "database datashare default external function group identity library masking materialized "
    "model procedure rls role schema system table template user view".split()
)


@rule
def unknown_command(tokens):
    """The guide lists all commands there are."""
    first = tokens.word(0)
    if first not in COMMAND_WORDS:
        return Refusal("command", f"there is no command {first.upper()}", SYNTAX_ERROR, COMMANDS)
    return None


@rule
def unknown_object(tokens):
    words = [token.text for token in tokens[:6] if token.text not in
             ("or", "replace", "local", "temp", "temporary")]
    if words[0] in ("create", "alter", "drop") and words[1:2] and words[1] not in OBJECT_WORDS:
        what = f"{words[0]} {words[1]}".upper()
        return Refusal("object", f"there is no command {what}", SYNTAX_ERROR, COMMANDS)
    return None


# STL_CONNECTION_LOG knows an application name that changes; all others have a page each.
SETTINGS = frozenset(
    "analyze_threshold_percent application_name cast_super_null_on_error "
    "datashare_break_glass_session_var datestyle default_geometry_encoding "
    "describe_field_name_in_uppercase downcase_delimited_identifier "
    "enable_case_sensitive_identifier enable_case_sensitive_super_attribute "
    "enable_result_cache_for_session enable_vacuum_boost "
    "error_on_nondeterministic_update extra_float_digits interval_forbid_composite_literals "
    "json_serialization_enable json_serialization_parse_nested_strings "
    "max_concurrency_scaling_clusters max_cursor_result_set_size mv_enable_aqmv_for_session "
    "navigate_super_null_on_error parse_super_null_on_error pg_federation_repeatable_read "
    "query_group search_path seed spectrum_enable_pseudo_columns spectrum_query_maxerror "
    "statement_timeout stored_proc_log_min_messages timezone wlm_query_slot_count".split()
)
# SET TIME ZONE, SET SESSION AUTHORIZATION, SET SESSION CHARACTERISTICS, RESET ALL
SETTING_WORDS = frozenset(("time", "authorization", "characteristics", "all"))


@rule
def unknown_setting(tokens):
    """A name of two parts is a variable of the session, and free."""
    if tokens.word(0) not in ("set", "reset"):
        return None
    at = 2 if tokens.word(1) in ("session", "local") else 1
    name = tokens.word(at)
    if name in SETTINGS | SETTING_WORDS or tokens.word(at + 1) == ".":
        return None
    return Refusal("setting", f"there is no parameter {name}", UNDEFINED_OBJECT, CONFIGURATION)


@rule
def too_many_parameters(tokens):
    if any(t.text[0] == "$" and t.text[1:].isdecimal() and int(t.text[1:]) > PARAMETER_MAX
           for t in tokens):
        return Refusal("parameters", f"parameters end with ${PARAMETER_MAX}", TOO_LARGE, PREPARE)
    return None


# --- Tables

CONSTRAINT_WORDS = frozenset("primary unique foreign constraint check exclude like".split())
SYSTEM_COLUMNS = frozenset("oid tableoid xmin cmin xmax cmax ctid".split())
RESERVED_WORDS = frozenset(
    "aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 "
    "backup between binary blanksasnull both bytedict bzip2 case cast check collate column "
    "constraint create credentials cross current_date current_time current_timestamp current_user "
    "current_user_id default deferrable deflate defrag delta delta32k desc disable distinct do "
    "else emptyasnull enable encode encrypt encryption end except explicit false for foreign "
    "freeze from full globaldict256 globaldict64k grant group gzip having identity ignore ilike in "
    "initially inner intersect interval into is isnull join leading left like limit localtime "
    "localtimestamp lun luns lzo lzop minus mostly16 mostly32 mostly8 natural new not notnull null "
    "nulls off offline offset oid old on only open or order outer overlaps parallel partition "
    "percent permissions pivot placing primary raw readratio recover references rejectlog resort "
    "respect restore right select session_user similar snapshot some sysdate system table tag tdes "
    "text255 text32k then timestamp to top trailing true truncatecolumns union unique unnest "
    "unpivot user using verbose wallet when where with without".split()
)


def columns(tokens):
    """The indexes where CREATE TABLE and ALTER TABLE ADD name a column."""
    words = tokens.text
    if found := re.match(rf"{CREATE}(?: if not exists)? {TABLE} \(", words):
        opening = found[0].count(" ")
        for begin, _ in tokens.items(opening + 1, tokens.closing(opening)):
            if tokens.word(begin) not in CONSTRAINT_WORDS:
                yield begin
    elif found := re.match(rf"^alter table {TABLE} add (?:column )?", words):
        begin = found[0].count(" ")
        if tokens.word(begin) not in CONSTRAINT_WORDS:
            yield begin


@rule
def reserved_word(tokens):
    """As the name of a column or a table in DDL; elsewhere it takes a parser."""
    names = list(columns(tokens))
    if found := re.match(rf"{CREATE}(?: if not exists)? (?:{NAME} \. )?", tokens.text):
        names.append(found[0].count(" "))
    for index in names:
        name = tokens.word(index)
        if name in SYSTEM_COLUMNS:
            return Refusal("system_column", f"{name} is the name of a system column",
                           DUPLICATE_COLUMN, FEATURES)
        if name in RESERVED_WORDS:
            return Refusal("reserved_word", f"{name} is a reserved word", SYNTAX_ERROR, RESERVED)
    return None


ALTER_WORDS = ("column", "distkey", "diststyle", "sortkey", "compound", "encode", "autorefresh")
ALTER_PAIRS = (("sortkey", "distkey"), ("sortkey", "diststyle"))


@rule
def several_actions(tokens):
    """ALTER TABLE has one action, except for a few pairs and encodings."""
    found = re.match(rf"^alter table {TABLE} ", tokens.text)
    if not found:
        return None
    actions = [tokens.text.split(" ")[begin:end] for begin, end in
               tokens.items(found[0].count(" "), len(tokens))]
    altered = [a[2] if a[1:2] == ["compound"] else a[1] for a in actions
               if a[0] == "alter" and len(a) > 2]
    is_pair = len(altered) == 2 and tuple(sorted(altered, reverse=True)) in ALTER_PAIRS
    is_encoding = all(a[:2] == ["alter", "column"] and a[3:4] == ["encode"] for a in actions)
    if len(actions) > 1 and not is_pair and not is_encoding:
        return Refusal("several_actions", "ALTER TABLE does one thing", SYNTAX_ERROR, ALTER_TABLE)
    return None


@rule
def alter_column(tokens):
    found = re.match(rf"^alter table {TABLE} alter (?P<what>\S+)(?: \S+)?(?: (?P<how>\S+))?",
                     tokens.text)
    if not found or (found["what"] in ALTER_WORDS[1:]):
        return None
    if found["what"] == "column" and found["how"] in ("type", "encode") and " using " not in (
        tokens.text
    ):
        return None
    return Refusal("alter_column", "ALTER COLUMN changes a VARCHAR's size or an encoding",
                   SYNTAX_ERROR, ALTER_TABLE)


# --- Types

# The example of COMMENT's page casts to regclass all the same, on the leader node.
TYPES = frozenset(
    "bit varbit bytea hstore json jsonb jsonpath uuid xml money serial bigserial smallserial "
    "serial2 serial4 serial8 cidr inet macaddr macaddr8 point line lseg box path polygon circle "
    "oid regclass regproc regprocedure regoper regoperator regtype regrole regnamespace regconfig "
    "regdictionary regcollation xid xid8 cid tid name record cstring anyelement anyarray void "
    "int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange "
    "nummultirange tsmultirange tstzmultirange datemultirange tsvector tsquery txid_snapshot "
    "pg_snapshot pg_lsn".split()
)
INTERVAL_FIELDS = frozenset("year month day hour minute second".split())


def types(tokens):
    """The indexes where a type stands: in casts and in columns."""
    for index, token in enumerate(tokens):
        if token.text == "::":
            yield index + 1
        elif token.text == "cast" and tokens.word(index + 1) == "(":
            inside = tokens.flat(index + 2, tokens.closing(index + 1))
            yield from (i + 1 for i in inside if tokens.word(i) == "as")
    yield from (index + 1 for index in columns(tokens))
    if found := re.match(rf"^alter table {TABLE} alter column {NAME} type ", tokens.text):
        yield found[0].count(" ")


@rule
def unsupported_type(tokens):
    for index in types(tokens):
        name = tokens.word(index)
        if tokens.word(index - 1) == "pg_catalog" and name == ".":
            index, name = index + 1, tokens.word(index + 1)
        if name in TYPES:
            message = f"the type {name} is not supported"
            return Refusal("type", message, UNDEFINED_OBJECT, DATA_TYPES)
        if name == "interval" and tokens.word(index + 1) not in INTERVAL_FIELDS:
            return Refusal("interval", "an interval has fields, such as DAY TO SECOND",
                           NOT_SUPPORTED, INTERVALS)
        behind = index + 1
        if tokens.word(behind) == "(":
            behind = tokens.closing(behind) + 1
        if tokens.word(behind) == "[":
            return Refusal("array_type", f"arrays of {name} are not supported", NOT_SUPPORTED,
                           DATA_TYPES)
    return None


# --- Functions

UNSUPPORTED_FUNCTIONS = re.compile(
    # privileges, advisory locks
    r"has_(?:any_column|column|foreign_data_wrapper|function|language|parameter|sequence|server"
    r"|tablespace|type)_privilege|pg_has_role|row_security_active|pg_(?:try_)?advisory_\w+"
    # aggregates, arrays
    r"|string_agg|array_agg|every|xml_?agg|corr|covar_(?:pop|samp)|regr_\w+"
    r"|array_(?:append|cat|dims|fill|length|lower|ndims|prepend|remove|replace|upper)|cardinality"
    r"|string_to_array"
    # backup, location and size of objects
    r"|pg_(?:backup_)?(?:start|stop)(?:_backup)?|pg_backup_(?:start|stop)|pg_switch_\w+"
    r"|pg_create_restore_point|pg_current_wal_\w+|pg_relation_filenode|pg_relation_filepath"
    r"|pg_(?:column|database|indexes|relation|table|tablespace|total_relation)_size"
    r"|pg_size_(?:pretty|bytes)"
    # time
    r"|clock_timestamp|justify_(?:days|hours|interval)|pg_sleep\w*|transaction_timestamp"
    # enum, files, network
    r"|enum_(?:first|last|range)|pg_(?:ls_dir|read_file|read_binary_file|stat_file)"
    r"|abbrev|broadcast|hostmask|masklen|netmask|set_masklen|inet_\w+"
    # mathematics, sets of rows, ranges
    r"|div|setseed|width_bucket|generate_(?:series|subscripts)|(?:lower|upper)_inc|(?:lower|upper)"
    r"_inf|isempty|range_merge|(?:int[48]|num|ts|tstz|date)range"
    # recovery, visibility, signals, snapshots, sequences
    r"|pg_is_in_recovery|pg_is_wal_\w+|pg_last_wal_\w+|pg_last_xact_replay_timestamp|pg_promote"
    r"|pg_wal_\w+|pg_\w+_is_visible|pg_reload_conf|pg_rotate_logfile|pg_export_snapshot"
    r"|nextval|currval|setval|lastval"
    # strings
    r"|bit_length|overlay|convert_from|convert_to|encode|format|quote_nullable|regexp_matches"
    r"|regexp_split_to_(?:array|table)"
    # the catalog and the system
    r"|format_type|to_reg\w+|pg_typeof|pg_describe_object|pg_identify_object\w*"
    r"|pg_tablespace_databases|pg_get_(?!(?:cols|late_binding_view_cols|grantee_by_iam_role"
    r"|iam_role_by_user|session_roles)$)\w+|current_query|pg_conf_load_time"
    r"|pg_is_other_temp_schema|pg_listening_channels|pg_my_temp_schema|pg_postmaster_start_time"
    r"|pg_trigger_depth"
    # text search, transactions, triggers, XML
    r"|to_ts(?:vector|query)|(?:plain|phrase|websearch_)to_tsquery|ts_(?:rank\w*|headline|delete"
    r"|filter|rewrite|stat)|setweight|tsvector_\w+|txid_\w+|pg_current_xact_id\w*"
    r"|pg_current_snapshot|pg_snapshot_\w+|pg_visible_in_snapshot|pg_xact_\w+"
    r"|suppress_redundant_updates_trigger|xml\w+|xpath\w*|\w+_to_xml\w*"
)
# Of JSON Redshift has functions of its own.
JSON_FUNCTIONS = frozenset(
    "json_array_length json_extract_array_element_text json_extract_path_text json_parse "
    "json_serialize json_serialize_to_varbyte json_size json_typeof".split()
)
MISSING_FUNCTIONS = ("concat_ws", "gen_random_uuid", "hashtext", "hashtextextended", "pg_notify")
LEADER_FUNCTIONS = frozenset(
    "current_schema current_schemas has_database_privilege has_schema_privilege "
    "has_table_privilege age isfinite now getbit get_byte set_bit set_byte to_ascii".split()
)
LEADER_WORDS = frozenset("current_time current_timestamp localtime localtimestamp".split())


@rule
def unsupported_function(tokens):
    for index in tokens.calls():
        name = tokens.word(index)
        if UNSUPPORTED_FUNCTIONS.fullmatch(name):
            page = FUNCTIONS
        elif name.startswith(("json_", "jsonb_")) and name not in JSON_FUNCTIONS:
            page = JSON
        elif name in MISSING_FUNCTIONS:
            page = KNOWN_FUNCTIONS
        else:
            continue
        message = f"the function {name} is not supported"
        return Refusal("function", message, UNDEFINED_FUNCTION, page)
    return None


def argument_count(tokens, name_at):
    return len(list(tokens.items(name_at + 2, tokens.closing(name_at + 1))))


@rule
def arguments(tokens):
    """Functions that take other arguments here."""
    for index in tokens.calls():
        if tokens.word(index) == "concat" and argument_count(tokens, index) != 2:
            return Refusal("concat", "CONCAT takes two arguments", UNDEFINED_FUNCTION, CONCAT)
        if tokens.word(index) == "to_timestamp" and argument_count(tokens, index) < 2:
            return Refusal("to_timestamp", "TO_TIMESTAMP takes a text and its format",
                           UNDEFINED_FUNCTION, TO_TIMESTAMP)
    return None


# Their FROM names no table.
FROM_IN_CALL = frozenset(("extract", "substring", "trim", "overlay", "position"))
FROM_ENDS = frozenset("where group having order limit offset union except intersect minus qualify "
                      "on set when".split())


def tables(tokens):
    """The indexes of the names of tables that are read, updated or deleted from."""
    for index, token in enumerate(tokens):
        if token.text in ("update", "join", "using") or (
            token.text == "from" and not is_from_of_call(tokens, index)
        ):
            for at in tokens.flat(index + 1, len(tokens)):
                if tokens.word(at) in FROM_ENDS:
                    break
                if (at == index + 1 or tokens.word(at - 1) == ",") and tokens[at].is_name:
                    yield at


def is_from_of_call(tokens, index):
    depth = 0
    for at in range(index - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(tokens.word(at), 0)
        if depth < 0:
            return tokens.word(at - 1) in FROM_IN_CALL
    return tokens.word(index - 1) == "distinct"


def reads_tables(tokens):
    """Of users or of the system; the catalog's do not count, nor do those of WITH."""
    given = set(re.findall(rf"({NAME})(?: \([^()]*\))? as \(", tokens.text))
    for at in tables(tokens):
        name = tokens.word(at)
        is_catalog = name.startswith("pg_") or name == "information_schema"
        if not is_catalog and name not in given and tokens.word(at + 1) != "(":
            return True
    return False


@rule
def leader_function(tokens):
    """What only the leader node knows does not go with tables, whose rows the others have."""
    names = [tokens.word(i) for i in tokens.calls() if tokens.word(i) in LEADER_FUNCTIONS]
    names += [t.text for i, t in enumerate(tokens) if t.text in LEADER_WORDS
              and tokens.word(i - 1) not in ("default", ".", "as")]
    if names and tokens.word(0) not in ("create", "alter") and reads_tables(tokens):
        return Refusal("leader_function", f'Function "{names[0]}()" not supported on tables',
                       NOT_SUPPORTED, LEADER_NODE)
    return None


# --- Windows, lists and subqueries

FRAMED = frozenset("avg count first_value last_value nth_value max min sum stddev stddev_samp "
                   "stddev_pop variance var_samp var_pop".split())
OTHER_FRAME = re.compile(r"\b(?:range|groups) (?:between|unbounded|current|\d)|\brows\b.* exclude ")


def window_function(tokens, over):
    """The index of the name of the function whose OVER this is."""
    at = over - 1
    while at > 0 and tokens.word(at) != ")":
        at -= 1
    return tokens.opening(at) - 1


@rule
def window_frame(tokens):
    for over, token in enumerate(tokens):
        if token.text != "over" or tokens.word(over + 1) != "(":
            continue
        inside = [tokens.word(i) for i in tokens.flat(over + 2, tokens.closing(over + 1))]
        name_at = window_function(tokens, over)
        if OTHER_FRAME.search(" ".join(inside)):
            return Refusal("frame", "a frame is of ROWS", SYNTAX_ERROR, WINDOW)
        if tokens.word(name_at) not in FRAMED:
            continue
        if tokens.word(name_at + 2) == "distinct":
            return Refusal("window_distinct", "a window function has no DISTINCT", NOT_SUPPORTED,
                           "COUNT window function (r_WF_COUNT)")
        if "order" in inside and "rows" not in inside:
            return Refusal("frame_required", "an aggregate over ORDER BY needs a frame of ROWS",
                           SYNTAX_ERROR, WINDOW)
    return None


@rule
def several_columns_in(tokens):
    """(a, b) in (select ...): a subquery of IN has one column."""
    for found in re.finditer(r"\) (?:not )?in \( (?:select|with)\b", tokens.text):
        closing = tokens.text[: found.start()].count(" ")
        opening = tokens.opening(closing)
        if opening < 0 or (tokens.word(opening - 1) not in CALL_FOLLOWS | {"(", "set", ""}):
            continue
        if len(list(tokens.items(opening + 1, closing))) > 1:
            return Refusal("in_columns", "IN has a subquery of one column", NOT_SUPPORTED, IN)
    return None


@rule
def nested_with(tokens):
    """No WITH in a WITH; nor before INSERT, whose query has it."""
    if tokens.word(0) != "with":
        return None
    for index in tokens.flat(0, len(tokens)):
        if tokens.word(index) == "insert":
            message = "WITH stands in the query of INSERT"
            return Refusal("with_insert", message, SYNTAX_ERROR, INSERT)
        if tokens.word(index) == "as" and tokens.word(index + 1) == "(":
            if "with" in (t.text for t in tokens[index + 2 : tokens.closing(index + 1)]):
                return Refusal("nested_with", "WITH has no WITH inside", SYNTAX_ERROR, WITH)
    return None


@rule
def update_join(tokens):
    found = re.match(rf"^(?:with\b.* )?update {TABLE}(?: as)?(?: {NAME})? set\b", tokens.text)
    if not found:
        return None
    words = [tokens.word(i) for i in tokens.flat(found[0].count(" "), len(tokens))]
    if "from" in words:
        words = words[words.index("from") :]
        joins = words[: words.index("where")] if "where" in words else words
        if {"left", "right", "full"} & set(joins):
            return Refusal("update_join", "UPDATE has no outer joins", NOT_SUPPORTED, UPDATE)
    return None


# --- What others call


def is_too_long(sql, tokens):
    return len(sql[tokens[0].begin : tokens[-1].end].encode()) > STATEMENT_BYTES_MAX


def refusal(sql: str) -> Refusal | None:
    """The first thing in one or several statements that Redshift does not take."""
    for listed in token_lists(sql):
        if is_too_long(sql, listed):
            return Refusal("size", "a statement has at most 16 MB", TOO_LARGE, COMMANDS)
        tokens = Tokens(listed)
        for check in rules:
            if (found := check(tokens)) is not None:
                return found
    return None


# All functions of the guide, without those of spatial types, sketches, models and Teradata's.
DOCUMENTED_FUNCTIONS = frozenset(
    # aggregates and windows
    "any_value avg count listagg max median min percentile_cont percentile_disc stddev stddev_samp "
    "stddev_pop sum var_samp var_pop variance bit_and bit_or bool_and bool_or cume_dist dense_rank "
    "first_value last_value nth_value lag lead ntile percent_rank rank ratio_to_report row_number "
    # conditions and formats
    "coalesce decode greatest least nvl nvl2 nullif cast convert try_cast to_char to_date "
    "to_number "
    # time
    "add_months convert_timezone date_cmp date_cmp_timestamp date_cmp_timestamptz date_part "
    "date_part_year date_trunc dateadd datediff extract getdate interval_cmp last_day "
    "months_between next_day sysdate timeofday timestamp_cmp timestamp_cmp_date "
    "timestamp_cmp_timestamptz timestamptz_cmp timestamptz_cmp_date timestamptz_cmp_timestamp "
    "timezone to_timestamp trunc age now isfinite "
    # hashes
    "checksum farmfingerprint64 fnv_hash func_sha1 md5 murmur3_32_hash sha sha1 sha2 "
    # JSON and SUPER
    "can_json_parse is_valid_json is_valid_json_array json_array_length "
    "json_extract_array_element_text json_extract_path_text json_parse json_serialize "
    "json_serialize_to_varbyte json_size json_typeof array array_concat array_flatten "
    "get_array_length split_to_array subarray object is_array is_bigint is_boolean is_char "
    "is_decimal is_float is_integer is_object is_scalar is_smallint is_varchar decimal_precision "
    "decimal_scale "
    # mathematics
    "abs acos asin atan atan2 cbrt ceil ceiling cos cot degrees dexp dlog1 dlog10 exp floor ln log "
    "mod pi pow power radians random round sign sin sqrt tan to_hex "
    # strings
    "ascii bpcharcmp btrim bttext_pattern_cmp char_length character_length charindex chr collate "
    "concat crc32 difference initcap left right len length lower lpad rpad ltrim octetindex "
    "octet_length position quote_ident quote_literal regexp_count regexp_instr regexp_replace "
    "regexp_substr repeat replace replicate reverse rtrim soundex split_part strpos strtol substr "
    "substring textlen translate trim upper from_hex to_varbyte from_varbyte getbit get_byte "
    "set_bit set_byte to_ascii "
    # system
    "change_query_priority change_session_priority change_user_priority current_setting "
    "pg_cancel_backend pg_terminate_backend set_config current_aws_account current_database "
    "current_namespace current_schema current_schemas current_user current_user_id "
    "has_assumerole_privilege has_database_privilege has_schema_privilege has_table_privilege "
    "pg_backend_pid pg_get_cols pg_get_grantee_by_iam_role pg_get_iam_role_by_user "
    "pg_get_late_binding_view_cols pg_last_copy_count pg_last_copy_id pg_last_unload_id "
    "pg_last_query_id pg_last_unload_count session_user slice_num unnest user version".split()
)
# Types and parts of the grammar that look like calls.
NOT_CALLS = NO_FUNCTIONS | frozenset(
    "char character varchar nchar nvarchar bpchar decimal numeric float varbyte varbinary time "
    "timestamp timetz timestamptz identity distkey sortkey key references primary".split()
)


def unknown_function(sql: str) -> Refusal | None:
    """A call of what the guide does not know. A call has its parenthesis right behind the name."""
    for listed in token_lists(sql):
        tokens = Tokens(listed)
        for index in tokens.calls():
            name = tokens.word(index)
            is_near = tokens[index].end == tokens[index + 1].begin
            if is_near and name not in DOCUMENTED_FUNCTIONS | NOT_CALLS:
                return Refusal("unknown_function", f"the guide has no function {name}",
                               UNDEFINED_FUNCTION, KNOWN_FUNCTIONS)
    return None
