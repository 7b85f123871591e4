-- Ends the server's part of a session of ours whose connection was lost.
select pg_terminate_backend(pid) as is_ended
from pg_stat_activity
where pid = cast($1 as integer)
  and application_name = $2
