-- The same from the view that clusters had before they had the SYS views.
select trim(filename) as file_name, line_number, trim(colname) as column_name,
       err_code as error_code, trim(err_reason) as error_message
from stl_load_errors
where query = pg_last_copy_id()
  and query <> cast($1 as bigint)
order by line_number
limit 3
