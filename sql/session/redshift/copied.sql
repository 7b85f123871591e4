-- How many rows the session's last COPY took, and which one that was.
select pg_last_copy_count() as row_count, pg_last_copy_id() as copy_id
