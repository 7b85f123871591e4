-- What a user may do with our tables besides reading the star, by themselves, by a group or because
-- everybody may. Nobody can be asked about ALTER and TRUNCATE. Who may create in the schema can put a
-- function there that our own statements then run, with our rights.
select 'schema ' || current_schema() as table_name, 'create' as privilege
where has_schema_privilege(cast($1 as varchar(127)), current_schema(), 'create')
union all
select cast(c.relname as varchar(127)) as table_name, p.privilege
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
cross join (
    select 'select' as privilege
    union all
    select 'insert'
    union all
    select 'update'
    union all
    select 'delete'
    union all
    select 'references'
    union all
    select 'drop'
) p
where n.nspname = current_schema()
  and c.relname in ('songplays', 'users', 'songs', 'artists', 'time', 'unmatched_songplays', 'plays',
                    'user_levels', 'staging_events', 'staging_songs', 'etl_runs', 'etl_objects',
                    'etl_rejects', 'etl_drift', 'etl_schema', 'etl_lock')
  and not (p.privilege = 'select'
           and c.relname in ('songplays', 'users', 'songs', 'artists', 'time',
                             'unmatched_songplays', 'plays', 'user_levels'))
  and has_table_privilege(cast($1 as varchar(127)),
                          quote_ident(n.nspname) || '.' || quote_ident(c.relname), p.privilege)
order by 1, 2
