-- title:    etl_runs: the plays of all runs are the rows of songplays
-- severity: error
select case when counted.plays = counted.star then 0 else 1 end as violations,
       cast(counted.plays as varchar(32)) || ' in etl_runs, ' || cast(counted.star as varchar(32))
           || ' in songplays' as example
from (
    select (select coalesce(sum(plays), 0) from etl_runs) as plays,
           (select count(*) from songplays) as star
) counted
