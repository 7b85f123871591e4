-- The start times that are in their table already, in milliseconds since 1970.
select cast(extract(epoch from start_time) * 1000 as bigint) as start_ms
from time
where start_time >= cast($1 as timestamp)
  and start_time <= cast($2 as timestamp)
limit $3
