-- One run at a time in a schema. The lock goes with the session, however it ends.
select pg_try_advisory_lock(1936744818, hashtext($1)) as is_taken
