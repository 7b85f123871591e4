select pg_xact_status(cast($1 as xid8)) as status
