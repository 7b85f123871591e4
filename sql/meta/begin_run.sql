insert into etl_runs
    (run_id, started_at, finished_at, status, objects, bytes, events, songs, plays, duplicates,
     rejects, failed_objects, late_matches, version)
values (cast($1 as bigint), cast($2 as timestamp), null, 'running', 0, 0, 0, 0, 0, 0, 0, 0, null,
        cast($3 as varchar))
