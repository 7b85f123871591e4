-- title:    etl_objects: records = loaded + duplicates + rejects
-- severity: error
-- after:    etl
select count(*) as violations, min(uri) as example
from etl_objects
where records <> loaded + duplicates + rejects
