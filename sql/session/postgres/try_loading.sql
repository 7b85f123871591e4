-- Whether no connection of an earlier run is left that might still fill the loading tables.
select pg_try_advisory_lock(1936744818 + 1, hashtext($1)) as is_taken
