-- What is known of one run: the answer to an unknown commit.
select status, late_matches, started_at from etl_runs where run_id = cast($1 as bigint)
