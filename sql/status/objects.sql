select kind, count(*) as objects, sum(size_bytes) as bytes, sum(records) as records,
       sum(loaded) as loaded, sum(duplicates) as duplicates, sum(rejects) as rejects
from etl_objects
group by kind
order by kind {{bytes}}
