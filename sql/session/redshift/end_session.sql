-- Ends the server's part of a session of ours whose connection was lost.
select pg_terminate_backend(cast($1 as integer)) as is_ended
