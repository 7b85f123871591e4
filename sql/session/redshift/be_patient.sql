-- For a lock that a lost session of ours may hold.
set statement_timeout to 5000
