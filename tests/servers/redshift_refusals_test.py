"""Each refusal has an example that is refused and one near it that is not.

Run it as `python3 tests/servers/redshift_refusals_test.py`.
"""

import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import redshift_refusals as redshift  # noqa: E402

ROLE = "iam_role 'arn:aws:iam::123456789012:role/r'"
# Name: what is refused, what is not.
EXAMPLES = {
    "create_index": ("create unique index i on t (a)", "create table index_of (a integer)"),
    "trigger": ("create trigger a before insert on t execute function f()", "select trigger"),
    "sequence": ("create sequence s", "create table t (a bigint identity(0, 1))"),
    "create_type": ("create type mood as enum ('sad', 'ok')", "select type from t"),
    "tablespace": ("create table t (a integer) tablespace fast", "select tablespace from t"),
    "partition": (
        "create table t (a integer) partition by range (a)",
        "create table t as select row_number() over (partition by a order by b) as n from u",
    ),
    "inherits": ("create table t (a integer) inherits (u)", "create table t (like u)"),
    "check_constraint": (
        "create table t (a integer check (a > 0))",
        "create table t (is_check integer)",
    ),
    "exclude_constraint": (
        "create table t (a integer, exclude using gist (a with =))",
        "create table t (like u excluding defaults)",
    ),
    "array": ("select array[1, 2]", "select array(1, 2)"),
    "row": ("select row(1, 2)", "select sum(a) over (order by b rows current row) from t"),
    "values_table": (
        "select a from (values (1), (2)) t (a)",
        "insert into t (a) values (1), (2)",
    ),
    "collate": (
        'select a from t order by a collate "C"',
        "create table t (a varchar(9) collate case_insensitive)",
    ),
    "is_distinct_from": ("select a is not distinct from b from t", "select distinct a from t"),
    "savepoint": ("rollback to savepoint a", "rollback work"),
    "array_operator": ("select a = any ($1) from t", "select a = any (select b from u) from t"),
    "json_operator": ("select a ->> 'b' from t", "select a - -1, b > -1 from t"),
    "text_search": ("select a @@ b from t", "select @ a from t"),
    "system_name": ("select current_catalog", "select current_database()"),
    "distinct_on": ("select distinct on (a) a, b from t", "select distinct (a), b from t"),
    "filter": ("select count(*) filter (where a > 1) from t", "select count(*) as filter from t"),
    "group_by_distinct": ("select a from t group by distinct a", "select distinct a from t"),
    "lateral": (
        "select * from t, lateral (select 1) u",
        "select a.b from t join (select 1 as x) lateral_one on true",
    ),
    "tablesample": ("select * from t tablesample system (1)", "select tablesamples from t"),
    "from_only": ("select a from only t", "select a from only_t"),
    "ordinality": ("select * from f(1) with ordinality", "select ordinality from t"),
    "fetch_first": ("select a from t fetch first 3 rows with ties", "fetch next from c"),
    "for_update": ("select a from t for update", "select substring(a from 2 for 3) from t"),
    "named_window": (
        "select sum(a) over w from t window w as (partition by b)",
        "select sum(a) over (partition by b) from t",
    ),
    "modifying_with": (
        "with gone as (delete from t) select 1",
        "with a as (select 1 as b) delete from t where c in (select b from a)",
    ),
    "materialized_with": (
        "with a as materialized (select 1) select * from a",
        "create materialized view v as select 1 as a",
    ),
    "recursive_subquery": (
        "select * from (with recursive a (b) as (select 1) select b from a) c",
        "with recursive a (b) as (select 1 union all select b + 1 from a) select b from a",
    ),
    "regular_expression": ("select a ~* 'x' from t", "select a !~ 'x' from t"),
    "table_command": ("table t", "show table t"),
    "on_conflict": (
        "insert into t values (1) on conflict do nothing",
        "select a from t join conflict on conflict.a = t.a",
    ),
    "returning": ("insert into t values (1) returning a", "select returning from t"),
    "overriding": (
        "insert into t (a) overriding system value values (1)",
        "insert into overriding (a) values (1)",
    ),
    "insert_alias": ("insert into t as u values (1)", "insert into t select a as u from v"),
    "delete_alias": ("delete from t x where x.a = 1", "delete from s.t where t.a = 1"),
    "delete_using": (
        "delete from t using (select 1 as a) u where t.a = u.a",
        "delete from t where a in (select b from u join v using (c))",
    ),
    "update_columns": ("update t set (a, b) = (1, 2)", "update t u set a = (1), b = 2"),
    "where_current": ("delete from t where current of c", "select a from t where current = 1"),
    "merge_subquery": (
        "merge into t using (select 1 as a) s on t.a = s.a when matched then delete",
        "merge into t using s on t.a = s.a when matched then delete "
        "when not matched then insert values (s.a)",
    ),
    "merge_condition": (
        "merge into t using s on t.a = s.a when matched and s.b then delete",
        "merge into t using s on t.a = s.a and t.b = s.b remove duplicates",
    ),
    "unlogged": ("create unlogged table t (a integer)", "create table unlogged (a integer)"),
    "on_commit": (
        "create temp table t (a integer) on commit drop",
        "create temp table t (on_commit integer)",
    ),
    "generated": (
        "create table t (a bigint generated always as identity)",
        "create table t (a bigint generated by default as identity(0, 1))",
    ),
    "identity": (
        "create table t (a bigint generated by default as identity)",
        "create table t as select cast(a as bigint) as b from u",
    ),
    "like_including": (
        "create table t (like u including all)",
        "create table t (like u including defaults)",
    ),
    "storage": (
        "create table t (a integer) with (fillfactor = 70)",
        "create table t as with a as (select 1 as b) select b from a",
    ),
    "with_data": (
        "create table t as select 1 as a with no data",
        "create table t as select data from u",
    ),
    "foreign_key_action": (
        "create table t (a integer references u (a) on delete cascade)",
        "create table t (a integer references u (a))",
    ),
    "temporary_schema": (
        "create table pg_temp.t (a integer)",
        "create temporary table t (a integer)",
    ),
    "row_level_security": (
        "alter table t enable row level security",
        "alter table t row level security on",
    ),
    "alter_if_exists": (
        "alter table t add column if not exists a integer",
        "alter table t add column a integer",
    ),
    "alter_other": ("alter table t set schema s", "alter table t rename to u"),
    "copy_stream": (
        "copy t (a) from stdin (format csv)",
        f"copy t (a) from 's3://b/stdin' {ROLE} csv",
    ),
    "copy_to": ("copy t to '/tmp/t'", f"unload ('select a from t') to 's3://b/p' {ROLE}"),
    "copy_binary": (
        f"copy t from 's3://b/p' {ROLE} with binary",
        f"copy t from 's3://b/p' {ROLE} format json 'auto'",
    ),
    "copy_options": (
        f"copy t from 's3://b/p' with (format csv) {ROLE}",
        f"copy t (a, b) from 's3://b/p' {ROLE} csv",
    ),
    "copy_authorization": ("copy t from '/tmp/t' csv", f"copy t from 's3://b/p' {ROLE}"),
    "lock_mode": ("lock table t in share mode", "lock table t, u"),
    "truncate": ("truncate t, u", "truncate table s.t"),
    "analyze": ("analyze t, u", "analyze t (a, b) predicate columns"),
    "vacuum": ("vacuum (full) t", "vacuum delete only t to 75 percent"),
    "explain": ("explain analyze select 1", "explain verbose select 1"),
    "comment": ("comment on schema s is 'x'", "comment on table t is 'x'"),
    "begin": (
        "begin isolation level serializable, read only, deferrable",
        "begin transaction isolation level repeatable read read only",
    ),
    "end": ("commit and chain", "commit work"),
    "two_phase": ("prepare transaction 'x'", "prepare transactions as select 1"),
    "set_transaction": (
        "set transaction isolation level serializable",
        "start transaction isolation level serializable",
    ),
    # And the rules that are functions.
    "command": ("listen a", "cancel 1"),
    "object": ("create extension hstore", "create or replace view v as select 1 as a"),
    "setting": ("set work_mem = '1GB'", "set query_group to 'sparkify'"),
    "parameters": ("select $32768", "select $32767"),
    "system_column": ("create table t (ctid integer)", "create table t (ct_id integer)"),
    "reserved_word": ("create table t (tag varchar(9))", 'create table t ("tag" varchar(9))'),
    "several_actions": (
        "alter table t drop column a, drop column b",
        "alter table t alter sortkey (a, b), alter distkey a",
    ),
    "alter_column": (
        "alter table t alter column a set not null",
        "alter table t alter column a type varchar(99)",
    ),
    "type": ("select cast(a as jsonb) from t", "select cast(a as super), uuid, json from t"),
    "interval": (
        "create table t (a interval)",
        "create table t (a interval day to second)",
    ),
    "array_type": ("select a::varchar(9)[] from t", "select a::varchar(9) from t"),
    "function": ("select string_agg(a, ',') from t", "select listagg(a, ',') from t"),
    "concat": ("select concat(a, b, c) from t", "select concat(a, concat(b, f(c, d))) from t"),
    "to_timestamp": ("select to_timestamp(a) from t", "select to_timestamp(a, 'YYYY') from t"),
    "leader_function": (
        "select a from t where s = current_schema()",
        "select nspname from pg_namespace where nspname = current_schema()",
    ),
    "frame": (
        "select sum(a) over (order by b range between 1 preceding and current row) from t",
        "select sum(a) over (order by b rows between 1 preceding and current row) from t",
    ),
    "window_distinct": (
        "select count(distinct a) over (partition by b) from t",
        "select count(a) over (partition by b), count(distinct a) from t",
    ),
    "frame_required": (
        "select first_value(a) over (partition by b order by c) from t",
        "select row_number() over (partition by b order by c) from t",
    ),
    "in_columns": (
        "select a from t where (a, b) in (select a, b from u)",
        "select a from t where (a, b) in ((1, 2), (3, 4)) and coalesce(a, b) in (select c from u)",
    ),
    "with_insert": (
        "with a as (select 1 as b) insert into t select b from a",
        "insert into t with a as (select 1 as b) select b from a",
    ),
    "nested_with": (
        "with a as (with b as (select 1) select * from b) select * from a",
        "with a as (select 1 as c), b as (select c from a) select * from b",
    ),
    "update_join": (
        "update t set a = 1 from u left join v on u.b = v.b where t.b = u.b",
        "update t set a = left(b, 1) from u join v on u.b = v.b where t.b = u.b",
    ),
    "size": (
        "select '" + "x" * redshift.STATEMENT_BYTES_MAX + "'",
        "select '" + "x" * (redshift.STATEMENT_BYTES_MAX - len("select ''")) + "'",
    ),
}
FUNCTIONS = (
    "array_agg(a)",
    "array_length(a, 1)",
    "bit_length(a)",
    "clock_timestamp()",
    "convert_from(a, 'UTF8')",
    "div(a, 2)",
    "encode(a, 'hex')",
    "every(a)",
    "format('%s', a)",
    "gen_random_uuid()",
    "generate_series(1, 10)",
    "has_any_column_privilege(a, 'SELECT')",
    "hashtext(a)",
    "json_build_object('a', a)",
    "jsonb_agg(a)",
    "nextval('s')",
    "pg_advisory_lock(1)",
    "pg_catalog.pg_table_size('t')",
    "pg_current_xact_id()",
    "pg_current_xact_id_if_assigned()",
    "pg_get_viewdef(a)",
    "pg_has_role(a, 'member')",
    "pg_is_in_recovery()",
    "pg_sleep(1)",
    "pg_table_is_visible(a)",
    "pg_try_advisory_lock(1, 2)",
    "pg_xact_status(a)",
    "regexp_matches(a, 'x')",
    "to_regclass(a)",
    "to_tsvector(a)",
    "txid_current()",
    "width_bucket(a, 1, 2, 3)",
    "xmlelement(name a)",
)
TYPES = ("bit(8)", "bytea", "inet", "json", "jsonb", "money", "oid", "regclass", "serial",
         "tsvector", "uuid", "xid8", "xml")
KNOWN_TO_BOTH = (
    "select set_config('search_path', $1, false), current_setting('server_version')",
    "select count(*), min(a), coalesce(b, 0) from t where a like 'x%' group by 2 having max(c) > 1",
    "select extract(hour from a), position('x' in b) from t order by a desc nulls last limit 3",
    "select cast(a as decimal(12, 5)), cast(b as double precision), c::timestamp from t",
    "delete from t using u where t.a = u.a",
    "update t set a = u.a from u where t.b = u.b",
    "create table if not exists t (a bigint not null, b timestamp, primary key (a)) "
    "diststyle key distkey (a) compound sortkey (a, b)",
    "create temp table #t (like u including defaults)",
    "grant select on t, u to group g; revoke all on t from public",
    "select pg_last_copy_count(), pg_last_copy_id()",
    "select a from (select a from t) where a in (select max(b) from u)",
    "select pg_terminate_backend(1)",
)


class RefusalTest(unittest.TestCase):
    def test_each_has_an_example_and_one_near_it_that_is_taken(self):
        for name, (refused, taken) in EXAMPLES.items():
            with self.subTest(name):
                found = redshift.refusal(refused)
                self.assertIsNotNone(found)
                self.assertEqual(found.name, name)
                self.assertRegex(found.sqlstate, r"^[0-9A-Z]{5}$")
                self.assertRegex(found.page, r"^\S.* \([\w-]+\)$")
                self.assertIsNone(redshift.refusal(taken))

    def test_no_pattern_is_without_an_example(self):
        self.assertEqual(set(redshift.pattern_names) - set(EXAMPLES), set())
        self.assertEqual(len(redshift.pattern_names), len(set(redshift.pattern_names)))

    def test_the_query_of_a_new_table_is_looked_at_and_defines_none(self):
        for query, name in (
            ('select a from t order by a collate "C"', "collate"),
            ("select a from pg_temp.t", "temporary_schema"),
            ("select uuid_send(a) from (values (1)) t (a)", "values_table"),
            ("select to_regclass(a) from t", "function"),
        ):
            with self.subTest(query):
                self.assertEqual(redshift.refusal(f"create temp table n as {query}").name, name)
        for query in (
            "select count(*) over (partition by a), stored, initially from t",
            "with a as (select check (b), t.match full, t.inherits (c) from t) select * from a",
        ):
            with self.subTest(query):
                self.assertIsNone(redshift.refusal(f"create table n as {query}"))

    def test_functions(self):
        for call in FUNCTIONS:
            with self.subTest(call):
                self.assertEqual(redshift.refusal(f"select {call} as x").name, "function")
                name = call.partition("(")[0].rpartition(".")[2]
                self.assertIsNone(redshift.refusal(f"select {name}, t.{name} from t"))
                self.assertIsNone(redshift.refusal(f"insert into {name} (a) values (1)"))
                self.assertIsNone(redshift.refusal(f"select x from t {name} (x)"))

    def test_types(self):
        for name in TYPES:
            with self.subTest(name):
                self.assertEqual(redshift.refusal(f"select $1::{name}").name, "type")
                self.assertEqual(redshift.refusal(f"select cast($1 as {name})").name, "type")
                self.assertEqual(redshift.refusal(f"create table t (a {name})").name, "type")
                self.assertEqual(redshift.refusal(f"alter table t add a {name}").name, "type")
                word = name.partition("(")[0]
                self.assertIsNone(redshift.refusal(f"select {word}, a as {word} from {word}"))

    def test_what_both_know_is_taken(self):
        for sql in KNOWN_TO_BOTH:
            with self.subTest(sql):
                self.assertIsNone(redshift.refusal(sql))
                self.assertIsNone(redshift.unknown_function(sql))

    def test_only_tokens_count(self):
        for sql in (
            "select 'a on conflict do nothing', 'it''s array[1]', 'x\\' = any ($1)'",
            "select 1 -- for update\n, 2 /* tablesample /* nested */ array[1] */",
            'select "array[1]", "a "" filter (where" from "returning"',
            "create procedure p() as $$ begin savepoint a; end $$ language plpgsql",
            "create function f(a float) returns float stable as $f$ array[1] $f$ language sql",
        ):
            with self.subTest(sql):
                self.assertIsNone(redshift.refusal(sql))
        self.assertEqual(redshift.refusal("SELECT 1 FOR/**/UPDATE").name, "for_update")
        self.assertEqual(redshift.refusal("select 'a' --'\n, array [1]").name, "array")

    def test_a_backslash_escapes_in_a_literal(self):
        self.assertIsNone(redshift.refusal("select '\\', array[1], \\''"))
        self.assertEqual(redshift.refusal("select '\\\\', array[1], ''").name, "array")

    def test_several_statements_and_none(self):
        self.assertEqual(redshift.refusal("select 1; listen a; savepoint b").name, "command")
        for sql in ("", " ; ;", "-- nothing", "/* open", "select 'open", "select (", "select )"):
            self.assertIsNone(redshift.refusal(sql))

    def test_an_unknown_function_is_one_that_the_guide_does_not_have(self):
        self.assertEqual(redshift.unknown_function("select brin_summarize(a) from t").name,
                         "unknown_function")
        for sql in ("select dateadd(day, 1, a), nvl(b, c) from t",
                    "insert into t(a) select b from u as v(c)",
                    "create table t(a varchar(9), b numeric(3, 1)) distkey(a) sortkey(a, b)",
                    "select a from t where exists(select 1) and b in(1, 2) and not(c)"):
            with self.subTest(sql):
                self.assertIsNone(redshift.unknown_function(sql))

    def test_what_only_the_leader_node_knows(self):
        for sql in (
            "select now() from t",
            "insert into t select current_timestamp from u",
            "select 1 from pg_class c, t where c.relname = current_schema()",
            "update t set a = current_timestamp",
            "select has_table_privilege(a, 'select') from stl_query",
        ):
            with self.subTest(sql):
                self.assertEqual(redshift.refusal(sql).name, "leader_function")
        for sql in (
            "select now()",
            "insert into t values (current_timestamp)",
            "create table t (a timestamp default current_timestamp)",
            "with n as (select nspname from pg_namespace) select * from n where a = age(b, c)",
            "select extract(year from now())",
            "select getdate() from t",
        ):
            with self.subTest(sql):
                self.assertIsNone(redshift.refusal(sql))


class SplitTest(unittest.TestCase):
    def test_a_semicolon_ends_a_statement(self):
        sql = "-- first\nselect ';' -- ;\n;\n\n;/* ; */ select\n$$;$$\n; select \";\""
        self.assertEqual(
            [(s.line, s.text) for s in redshift.split(sql)],
            [(2, "select ';'"), (5, "select\n$$;$$"), (7, 'select ";"')],
        )
        self.assertEqual(redshift.split(" ; -- a"), [])

    def test_a_large_statement_takes_its_time_and_no_more(self):
        sql = "insert into t values " + ", ".join(["(1, 'x', null)"] * 50_000)
        begin = time.monotonic()
        self.assertIsNone(redshift.refusal(sql))
        self.assertLess(time.monotonic() - begin, 20)


if __name__ == "__main__":
    unittest.main()
