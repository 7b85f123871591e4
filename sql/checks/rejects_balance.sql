-- title:    etl_rejects: one row for each reject of each run
-- severity: error
-- after:    etl
select count(*) as violations, min(cast(r.run_id as varchar(64))) as example
from etl_runs r
left join (
    select run_id, count(*) as rejects from etl_rejects group by run_id
) x on x.run_id = r.run_id
where r.rejects <> coalesce(x.rejects, 0)
