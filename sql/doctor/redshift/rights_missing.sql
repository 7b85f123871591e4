-- What of a run's doings the session's user has no right to, as `grant` would say it. The right to
-- create is needed only where tables are missing: they will be the user's own.
select privilege, object_name, quote_ident(current_user) as role_name
from (
    select 'create' as privilege,
           'schema ' || quote_ident(current_schema()) as object_name,
           case when has_schema_privilege(current_schema(), 'create') then 1
                when (select count(*)
                      from pg_tables
                      where schemaname = current_schema() and tablename = 'etl_schema') > 0 then 1
                else 0 end as is_granted
    union all
    select 'temp',
           'database ' || quote_ident(current_database()),
           case when has_database_privilege(current_database(), 'temp') then 1 else 0 end
    union all
    select 'select',
           cast(tablename as varchar(127)),
           case when has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename),
                                         'select') then 1 else 0 end
    from pg_tables
    where schemaname = current_schema()
      and tablename in ('songplays', 'users', 'songs', 'artists', 'time', 'unmatched_songplays',
                        'staging_events', 'staging_songs', 'etl_runs', 'etl_objects',
                        'etl_rejects', 'etl_drift', 'etl_schema')
    union all
    select 'insert',
           cast(tablename as varchar(127)),
           case when has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename),
                                         'insert') then 1 else 0 end
    from pg_tables
    where schemaname = current_schema()
      and tablename in ('songplays', 'users', 'songs', 'artists', 'time', 'unmatched_songplays',
                        'staging_events', 'staging_songs', 'etl_runs', 'etl_objects',
                        'etl_rejects', 'etl_drift')
    union all
    select 'update',
           cast(tablename as varchar(127)),
           case when has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename),
                                         'update') then 1 else 0 end
    from pg_tables
    where schemaname = current_schema() and tablename in ('songplays', 'etl_runs', 'etl_lock')
    union all
    select 'delete',
           cast(tablename as varchar(127)),
           case when has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename),
                                         'delete') then 1 else 0 end
    from pg_tables
    where schemaname = current_schema()
      and tablename in ('users', 'songs', 'artists', 'unmatched_songplays', 'staging_events',
                        'staging_songs', 'etl_drift')
) as rights
where is_granted = 0
order by object_name {{bytes}}, privilege {{bytes}}
