-- title:    etl_rejects: as many rows for each object as the ledger counted
-- severity: error
-- after:    check
select count(*) as violations, min(o.uri) as example
from etl_objects o
left join (
    select run_id, min(uri) as uri, count(*) as rejects from etl_rejects group by run_id, uri{{exact}}
) x on x.run_id = o.run_id and x.uri{{exact}} = o.uri{{exact}}
where o.rejects <> coalesce(x.rejects, 0)
