-- title:    etl_runs: a run's totals are the sums of its objects
-- severity: error
-- after:    etl
select count(*) as violations, min(cast(r.run_id as varchar(64))) as example
from etl_runs r
left join (
    select run_id,
           count(*) as objects,
           sum(size_bytes) as bytes,
           sum(duplicates) as duplicates,
           sum(rejects) as rejects
    from etl_objects
    group by run_id
) o on o.run_id = r.run_id
where r.objects <> coalesce(o.objects, 0)
   or r.bytes <> coalesce(o.bytes, 0)
   or r.duplicates <> coalesce(o.duplicates, 0)
   or r.rejects <> coalesce(o.rejects, 0)
