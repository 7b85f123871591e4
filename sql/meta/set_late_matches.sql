update etl_runs set late_matches = cast($2 as bigint) where run_id = cast($1 as bigint)
