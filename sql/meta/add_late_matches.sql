-- Of an earlier run that ended amid its songs: another one has held the plays against them.
update etl_runs
set late_matches = coalesce(late_matches, 0) + cast($2 as bigint)
where run_id = cast($1 as bigint)
