-- title:    etl_objects: an object version is in the ledger once
-- severity: error
-- after:    check
select count(*) as violations, min(uri) as example
from (
    select min(uri) as uri from etl_objects group by uri{{exact}}, etag having count(*) > 1
) repeated
