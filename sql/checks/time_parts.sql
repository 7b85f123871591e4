-- title:    time: hour, day, week, month, year and weekday are those of start_time
-- severity: error
-- after:    check
select count(*) as violations, min(cast(start_time as varchar(64))) as example
from time
where hour <> extract(hour from start_time)
   or day <> extract(day from start_time)
   or week <> extract(week from start_time)
   or month <> extract(month from start_time)
   or year <> extract(year from start_time)
   or weekday <> extract(dow from start_time)
