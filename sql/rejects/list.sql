-- Rejects, oldest first; every filter may be null.
select r.run_id, r.uri, r.line, r.byte_offset, r.column_name, r.reason, r.raw_text
from etl_rejects r
where (cast($1 as bigint) is null or r.run_id = cast($1 as bigint))
  and (cast($2 as varchar(64)) is null or r.reason = cast($2 as varchar(64)))
  and (cast($3 as varchar(64)) is null or r.column_name = cast($3 as varchar(64)))
  and (cast($4 as varchar(8192)) is null or position(cast($4 as varchar(8192)) in r.uri) > 0)
order by r.run_id, r.uri {{bytes}}, r.byte_offset, r.record_no
limit $5
