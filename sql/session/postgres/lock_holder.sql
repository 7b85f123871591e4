-- Who holds the lock of the schema: each run's session tells in its name.
select a.application_name, a.pid
from pg_locks l
join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory'
  and l.database = (select oid from pg_database where datname = current_database())
  and l.classid = 1936744818
  and l.objid = cast(cast(hashtext($1) as bigint) & 4294967295 as oid)
  and l.objsubid = 2
  and l.granted
