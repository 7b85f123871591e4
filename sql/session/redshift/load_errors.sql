-- Why the session's last COPY failed: its first few errors. Not those of one that is known.
select trim(file_name) as file_name, line_number, trim(column_name) as column_name, error_code,
       trim(error_message) as error_message
from sys_load_error_detail
where query_id = pg_last_copy_id()
  and query_id <> cast($1 as bigint)
order by line_number
limit 3
