-- title:    etl_runs: run_id is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(run_id as varchar(64))) as example
from (
    select run_id from etl_runs group by run_id having count(*) > 1
) repeated
