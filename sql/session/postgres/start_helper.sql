-- For the sessions beside a run's leading one. They want nothing that the leading one does not have
-- already, so they only wait when somebody has queued between the two; then nobody would go on, and
-- no server sees it. The group is tried again behind whoever that is.
set lock_timeout = '2s'
