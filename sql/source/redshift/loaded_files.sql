-- What the session's last COPY read: each object, the version of it, and how many records.
select trim(file_name) as uri,
       sum(lines_scanned) as records,
       min(trim(file_etag)) as first_etag,
       max(trim(file_etag)) as last_etag
from sys_load_detail
where query_id = pg_last_copy_id()
group by trim(file_name)
