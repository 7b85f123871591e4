-- What we have to know of a server before anything else.
select current_setting('server_version_num') as version_number,
       current_setting('server_version') as version,
       current_setting('server_encoding') as encoding,
       (select count(*) from pg_namespace where nspname = $1) as has_schema,
       (select has_schema_privilege(oid, 'usage') from pg_namespace where nspname = $1) as may_enter,
       pg_is_in_recovery() as is_standby
