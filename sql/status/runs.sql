-- The last runs, newest first.
select run_id, started_at, finished_at, status, objects, bytes, events, songs, plays, duplicates,
       rejects, failed_objects, late_matches, version
from etl_runs
order by run_id desc
limit $1
