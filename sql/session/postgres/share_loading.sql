-- Held by every further connection of a run for as long as it lives; the next run waits for its end.
select pg_advisory_lock_shared(1936744818 + 1, hashtext($1))
