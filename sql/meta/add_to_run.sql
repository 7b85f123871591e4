-- A group's part of the run's totals, in the group's own transaction.
update etl_runs
set objects = objects + cast($2 as bigint),
    bytes = bytes + cast($3 as bigint),
    events = events + cast($4 as bigint),
    songs = songs + cast($5 as bigint),
    plays = plays + cast($6 as bigint),
    duplicates = duplicates + cast($7 as bigint),
    rejects = rejects + cast($8 as bigint)
where run_id = cast($1 as bigint)
