-- Which of our tables and views are there, also those that this user may not read.
select table_name
from (
    select tablename as table_name from pg_tables where schemaname = current_schema()
    union all
    select viewname as table_name from pg_views where schemaname = current_schema()
) as found
where table_name in ('songplays', 'users', 'songs', 'artists', 'time', 'unmatched_songplays',
                     'plays', 'user_levels', 'staging_events', 'staging_songs', 'etl_runs',
                     'etl_objects', 'etl_rejects', 'etl_drift', 'etl_schema')
order by table_name {{bytes}}
