-- What we have to know of a cluster before anything else.
select version() as version,
       (select count(*) from pg_namespace where nspname = cast($1 as varchar(127))) as has_schema,
       (select case when has_schema_privilege(nspname, 'usage') then 'true' else 'false' end
        from pg_namespace
        where nspname = cast($1 as varchar(127))) as may_enter,
       (select count(*)
        from pg_tables
        where schemaname = cast($1 as varchar(127)) and tablename = 'etl_lock') as has_lock
