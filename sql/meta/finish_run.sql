update etl_runs
set status = cast($2 as varchar),
    finished_at = cast($3 as timestamp),
    failed_objects = cast($4 as bigint)
where run_id = cast($1 as bigint)
