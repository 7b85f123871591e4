select count(*)
from etl_objects
where run_id = cast($1 as bigint)
  and uri{{exact}} = cast($2 as varchar(8192)){{exact}}
  and etag = cast($3 as varchar(256))
