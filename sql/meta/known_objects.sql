-- What is loaded; and whether it is songs that no unmatched play was held against yet.
select uri, etag, kind,
       case when kind = 'song'
                 and run_id > (select coalesce(max(run_id), 0)
                               from etl_runs
                               where late_matches is not null)
            then 1 else 0 end as is_waiting
from etl_objects
