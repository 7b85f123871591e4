"""What makes a PostgreSQL database look like one of Redshift's: functions, casts, system views.

prepare(server) makes the template from which the stand-in's databases are copied. Two things are
done to PostgreSQL's own catalogue, as nothing else reaches every statement:

- functions that Redshift lacks get another name, so that whoever calls one is told that it does not
  exist;
- the casts that fit a text into varchar(n) and char(n) count bytes. Rows of COPY do not pass them;
  the stand-in counts those itself.
"""

import json
import threading

TEMPLATE = "redshift_template"
VERSION = "8.0.2"
BANNER = (
    "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017"
    " (Red Hat 3.4.2-6.fc3), Redshift 1.0.12345"
)
ERRORS_FILE = "load_errors"
FILES_FILE = "load_files"

# Amazon Redshift Database Developer Guide, Unsupported PostgreSQL functions. And functions that are
# younger than PostgreSQL 8.0 and that the guide does not list.
LACKING = r"""
    proname ~ '^(pg_(try_)?advisory_|json|array_|row_to_json|to_json|regr_|covar_|xml|string_to_)'
    or proname in (
        'string_agg', 'every', 'corr', 'bit_length', 'overlay', 'convert_from', 'convert_to',
        'encode', 'format', 'concat_ws', 'clock_timestamp', 'transaction_timestamp',
        'statement_timestamp', 'justify_days', 'justify_hours', 'justify_interval', 'pg_sleep',
        'pg_sleep_for', 'pg_sleep_until', 'div', 'setseed', 'width_bucket', 'generate_subscripts',
        'unnest', 'hashtext', 'hashtextextended', 'pg_xact_status', 'pg_current_xact_id',
        'pg_current_xact_id_if_assigned', 'txid_current', 'txid_current_if_assigned',
        'txid_status', 'to_regclass', 'to_regtype', 'to_regproc', 'to_regnamespace', 'to_regrole',
        'gen_random_uuid', 'num_nonnulls', 'num_nulls', 'make_date', 'make_timestamp',
        'make_timestamptz', 'make_interval', 'regexp_matches', 'regexp_match',
        'regexp_split_to_table', 'regexp_split_to_array', 'pg_blocking_pids', 'pg_typeof',
        'pg_relation_size', 'pg_total_relation_size', 'pg_database_size', 'pg_size_pretty',
        'lastval', 'currval', 'setval', 'date_bin', 'current_query', 'quote_nullable', 'mode',
        'trim_scale', 'gcd', 'lcm', 'starts_with', 'cardinality'
    )
"""

SETUP = """
set allow_system_table_mods = on;
create schema redshift;
grant usage on schema redshift to public;
grant create on schema public to public;

create function redshift.lines(path text) returns setof jsonb language sql security definer
    begin atomic
    select (line::jsonb) from string_to_table(pg_read_file(path), e'\\n') as line
        where line like '{%}';
    end;

create view pg_catalog.stl_load_errors as select
    (r->>'user_id')::integer as userid, 0 as slice, (r->>'table_id')::integer as tbl,
    (r->>'start_time')::timestamp as starttime, (r->>'session_id')::integer as session,
    (r->>'query_id')::integer as query, (r->>'file_name')::character(256) as filename,
    (r->>'line_number')::bigint as line_number, (r->>'column_name')::character(127) as colname,
    (r->>'column_type')::character(10) as type, (r->>'column_length')::character(10) as col_length,
    (r->>'position')::integer as position, (r->>'raw_line')::character(1024) as raw_line,
    (r->>'raw_field_value')::character(1024) as raw_field_value,
    (r->>'error_code')::integer as err_code, (r->>'error_message')::character(100) as err_reason,
    0 as is_partial, 0 as start_offset, 0 as copy_job_id
    from redshift.lines('{errors}') r where {mine};

create view pg_catalog.sys_load_error_detail as select
    (r->>'user_id')::integer as user_id, (r->>'query_id')::bigint as query_id,
    (r->>'transaction_id')::bigint as transaction_id,
    (r->>'session_id')::integer as session_id,
    (r->>'database_name')::character(64) as database_name,
    (r->>'table_id')::integer as table_id, (r->>'start_time')::timestamp as start_time,
    (r->>'file_name')::character(256) as file_name, (r->>'line_number')::bigint as line_number,
    (r->>'column_name')::character(127) as column_name,
    (r->>'column_type')::character(10) as column_type,
    (r->>'column_length')::character(10) as column_length, (r->>'position')::integer as position,
    (r->>'error_code')::integer as error_code,
    (r->>'error_message')::character(512) as error_message
    from redshift.lines('{errors}') r where {mine};

create view pg_catalog.sys_load_detail as select
    (r->>'user_id')::integer as user_id, (r->>'query_id')::bigint as query_id,
    (r->>'file_name')::character(256) as file_name,
    (r->>'bytes_scanned')::integer as bytes_scanned,
    (r->>'lines_scanned')::integer as lines_scanned, 1 as splits_scanned,
    (r->>'record_time')::timestamp as record_time, (r->>'start_time')::timestamp as start_time,
    (r->>'record_time')::timestamp as end_time, (r->>'file_etag')::character(256) as file_etag
    from redshift.lines('{files}') r where {mine};

create view pg_catalog.stl_load_commits as select
    (r->>'user_id')::integer as userid, (r->>'query_id')::integer as query, 0 as slice,
    (r->>'file_name')::character(256) as name, (r->>'file_name')::character(256) as filename,
    0 as byte_offset, (r->>'lines_scanned')::integer as lines_scanned, 0 as errors,
    (r->>'record_time')::timestamp as curtime, 1 as status, ''::character(16) as file_format
    from redshift.lines('{files}') r where {mine};

create view pg_catalog.stv_sessions as select
    backend_start::timestamp as starttime, pid as process,
    usename::text::character(50) as user_name, datname::text::character(50) as db_name
    from pg_stat_activity where backend_type = 'client backend';

grant select on pg_catalog.stl_load_errors, pg_catalog.sys_load_error_detail,
    pg_catalog.sys_load_detail, pg_catalog.stl_load_commits, pg_catalog.stv_sessions to public;

create function redshift.too_long(v varchar, typmod integer, is_explicit boolean) returns varchar
    language plpgsql immutable as $$
declare
    size integer := typmod - 4;
    cut varchar := pg_catalog.left(v, size);
begin
    while octet_length(cut) > size loop
        cut := pg_catalog.left(cut, -1);
    end loop;
    if not is_explicit and pg_catalog.btrim(substr(v, length(cut) + 1), ' ') <> '' then
        raise exception 'value too long for type character varying(%)', size
            using errcode = '22001';
    end if;
    return cut;
end $$;

create function redshift.fit_varchar(v varchar, typmod integer, is_explicit boolean)
    returns varchar language sql immutable as $$
    select case when octet_length($1) > $2 - 4 then redshift.too_long($1, $2, $3) else $1 end $$;

create function redshift.many_bytes(v char) returns char language plpgsql immutable as $$
begin
    raise exception 'Multibyte character not supported for CHAR (Hint: try using VARCHAR)'
        using errcode = '22001';
end $$;

create function redshift.fit_char(v char, typmod integer, is_explicit boolean)
    returns char language sql immutable as $$
    select case when octet_length(cast($1 as text)) > char_length(cast($1 as text))
        then redshift.many_bytes($1) else pg_catalog.bpchar($1, $2, $3) end $$;

create function redshift.pg_last_copy_id(n integer) returns integer language sql as 'select $1';
create function redshift.pg_last_copy_count(n bigint) returns bigint language sql as 'select $1';
create function redshift.pg_last_query_id(n integer) returns integer language sql as 'select $1';
create function redshift.sysdate() returns timestamp language sql stable as
    $$ select now() at time zone 'UTC' $$;
create function redshift.server_version() returns text language sql as $$ select '{version}' $$;
create function pg_catalog.getdate() returns timestamp language sql stable as
    $$ select date_trunc('second', now() at time zone 'UTC') $$;
create function redshift.json_kind(v text) returns text language plpgsql immutable as $$
begin
    return pg_catalog.absent_jsonb_typeof(v::jsonb);
exception when others then
    return null;
end $$;
create function pg_catalog.is_valid_json(v varchar) returns boolean language sql immutable as
    $$ select case when $1 is not null then coalesce(redshift.json_kind($1) = 'object', false) end $$;
create function pg_catalog.is_valid_json_array(v varchar) returns boolean language sql immutable as
    $$ select case when $1 is not null then coalesce(redshift.json_kind($1) = 'array', false) end $$;
create function pg_catalog.len(text) returns integer language sql immutable as
    'select char_length($1)';

update pg_cast set castfunc = 'redshift.fit_varchar(varchar, integer, boolean)'::regprocedure
    where castsource = 'varchar'::regtype and casttarget = 'varchar'::regtype;
update pg_cast set castfunc = 'redshift.fit_char(char, integer, boolean)'::regprocedure
    where castsource = 'bpchar'::regtype and casttarget = 'bpchar'::regtype;
update pg_proc set proname = 'absent_' || proname
    where pronamespace = 'pg_catalog'::regnamespace and ({lacking} or proname = 'version');
update pg_proc set proname = 'absent_has_table_privilege'
    where proname = 'has_table_privilege' and proargtypes::text = '19 25 25';
create function pg_catalog.has_table_privilege(name, text, text) returns boolean language sql stable
    as $$ select case when lower($3) = 'drop'
        then pg_has_role($1, (select relowner from pg_class where oid = $2::regclass), 'member')
        else pg_catalog.absent_has_table_privilege($1, $2, $3) end $$;
create function pg_catalog.version() returns text language sql as $$ select '{banner}' $$;
"""

# Amazon Redshift Database Developer Guide, Visibility of data in system tables and views.
MINE = (
    "(r->>'user_id')::oid = (select oid from pg_roles where rolname = session_user)"
    " or (select rolsuper from pg_roles where rolname = session_user)"
)


def prepare(server):
    """Makes the template in a PostgresServer."""
    paths = {name: server.folder / name for name in (ERRORS_FILE, FILES_FILE)}
    for path in paths.values():
        path.touch()
        server.give_to_owner(path)
    text = SETUP
    for name, value in {
        "errors": str(paths[ERRORS_FILE]),
        "files": str(paths[FILES_FILE]),
        "mine": MINE,
        "lacking": LACKING,
        "version": VERSION,
        "banner": BANNER,
    }.items():
        text = text.replace("{" + name + "}", value)
    server.create_database(TEMPLATE, owner="postgres")
    server.sql(text, TEMPLATE)


class LoadLog:
    """What the system views show: files, as no transaction of a client has a say in it."""

    def __init__(self, server):
        self.folder = server.folder
        self.lock = threading.Lock()

    def add_errors(self, entries):
        self.add(ERRORS_FILE, entries)

    def add_files(self, entries):
        self.add(FILES_FILE, entries)

    def add(self, name, entries):
        lines = [json.dumps(entry) + "\n" for entry in entries]
        with self.lock, open(self.folder / name, "ab", buffering=0) as file:
            file.write("".join(lines).encode())  # at once: somebody may be reading
