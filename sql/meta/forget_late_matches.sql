-- Songs are applied: runs that came later, where several go on at once, have held the unmatched
-- plays against songs without these.
update etl_runs
set late_matches = null
where run_id >= cast($1 as bigint) and late_matches is not null
