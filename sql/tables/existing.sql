-- Which of our tables and views are there.
select table_name
from information_schema.tables
where table_schema = 'main'
  and table_name in ('songplays', 'users', 'songs', 'artists', 'time', 'unmatched_songplays',
                     'plays', 'user_levels', 'staging_events', 'staging_songs', 'etl_runs',
                     'etl_objects', 'etl_rejects', 'etl_drift', 'etl_schema')
order by table_name
