-- The newest run, and how many of all plays have no known song.
select r.run_id,
       r.status,
       r.started_at,
       (select count(*) from songplays) as plays,
       (select count(*) from unmatched_songplays) as unmatched,
       (select count(*) from songs) as songs
from etl_runs r
where r.run_id = (select max(run_id) from etl_runs)
