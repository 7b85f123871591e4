-- How many rejects the filters leave, by reason and column.
select r.reason, r.column_name, count(*) as rejects
from etl_rejects r
where (cast($1 as bigint) is null or r.run_id = cast($1 as bigint))
  and (cast($2 as varchar(64)) is null or r.reason = cast($2 as varchar(64)))
  and (cast($3 as varchar(64)) is null or r.column_name = cast($3 as varchar(64)))
  and (cast($4 as varchar(8192)) is null or position(cast($4 as varchar(8192)) in r.uri) > 0)
group by r.reason, r.column_name
order by rejects desc, r.reason {{bytes}}, r.column_name {{bytes}}
