-- How many rows the session's last COPY took.
select pg_last_copy_count() as row_count
