select pg_advisory_unlock(1936744818 + 1, hashtext($1))
