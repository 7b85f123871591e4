-- title:    time: start_time is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(start_time as varchar(64))) as example
from (
    select start_time from time group by start_time having count(*) > 1
) repeated
