-- Whatever the database's defaults are: each statement sees what is committed, and may write.
begin transaction isolation level read committed read write
