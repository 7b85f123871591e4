-- The first statement of every transaction of ours that writes. Redshift takes a transaction's
-- snapshot with the first statement that reads or writes: behind the lock, the ledger shows all that
-- another run has committed. Nobody reads this table, so nobody else has to wait for us.
lock table etl_lock
