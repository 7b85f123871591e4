-- title:    etl_objects: loaded song records are at least the rows of songs
-- severity: error
-- after:    check
select case when counted.loaded >= counted.star then 0 else 1 end as violations,
       cast(counted.loaded as varchar(32)) || ' loaded, ' || cast(counted.star as varchar(32))
           || ' in songs' as example
from (
    select (select coalesce(sum(loaded), 0) from etl_objects where kind = 'song') as loaded,
           (select count(*) from songs) as star
) counted
