-- What of a run's doings the session's role has no right to, as `grant` would say it. Tables that are
-- not there yet will be the role's own.
select privilege, object_name, quote_ident(current_user) as role_name
from (
    select 'create' as privilege,
           'schema ' || quote_ident(current_schema()) as object_name,
           has_schema_privilege(current_schema(), 'create') as is_granted
    union all
    select 'temporary',
           'database ' || quote_ident(current_database()),
           has_database_privilege(current_database(), 'temporary')
    union all
    select p.privilege,
           t.tablename,
           has_table_privilege(quote_ident(t.schemaname) || '.' || quote_ident(t.tablename),
                               p.privilege)
    from pg_tables t
    join (values ('select'), ('insert'), ('update'), ('delete'), ('truncate')) p (privilege)
      on p.privilege = 'select'
      or (p.privilege = 'insert' and t.tablename <> 'etl_schema')
      or (p.privilege = 'update' and t.tablename in ('songplays', 'etl_runs'))
      or (p.privilege = 'delete'
          and t.tablename in ('users', 'songs', 'artists', 'unmatched_songplays', 'staging_events',
                              'staging_songs', 'etl_drift', 'etl_loading_events',
                              'etl_loading_songs'))
      or (p.privilege = 'truncate'
          and t.tablename in ('etl_loading_events', 'etl_loading_songs'))
    where t.schemaname = current_schema()
      and t.tablename in ('songplays', 'users', 'songs', 'artists', 'time', 'unmatched_songplays',
                          'staging_events', 'staging_songs', 'etl_runs', 'etl_objects',
                          'etl_rejects', 'etl_drift', 'etl_schema', 'etl_loading_events',
                          'etl_loading_songs')
) rights
where not is_granted
order by object_name {{bytes}}, privilege {{bytes}}
