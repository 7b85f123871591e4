-- model: time
-- grain: one start_time that a song play has
-- key:   start_time
-- needs: loading_events, play_faults
-- load:  insert
-- units: UTC; week ISO 8601; weekday 0 = Sunday
with staged as (
    select distinct e.ts as start_time
    from {{loading}}loading_events e
    left join {{temp}}play_faults f
           on f.object_no = e.object_no
          and f.record_no = e.record_no
    where e.page{{exact}} = 'NextSong'{{exact}}
      and f.object_no is null
),
known as (
    select t.start_time
    from time t
    where t.start_time >= (select min(start_time) from staged)
      and t.start_time <= (select max(start_time) from staged)
)
select n.start_time,
       cast(extract(hour from n.start_time) as integer) as hour,
       cast(extract(day from n.start_time) as integer) as day,
       cast(extract(week from n.start_time) as integer) as week,
       cast(extract(month from n.start_time) as integer) as month,
       cast(extract(year from n.start_time) as integer) as year,
       cast(extract(dow from n.start_time) as integer) as weekday
from staged n
left join known k on k.start_time = n.start_time
where k.start_time is null
