-- The songs of later runs, where several go on at once, are among those that plays were held against.
update etl_runs
set late_matches = case
        when run_id = cast($1 as bigint) then cast($2 as bigint)
        else coalesce(late_matches, 0)
    end
where run_id >= cast($1 as bigint)
