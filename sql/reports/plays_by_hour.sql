-- title: When people listen
-- place: 1
-- chart: heatmap
-- levels: sum
-- definition: Songs started in each hour of each day, in UTC. A song counts in the hour in which
-- definition: it was started, and for the level that the user had then.
select day, {{unmark}}level{{unmark_end}} as level, hour, plays
from (
    select day, level, hour, count(*) as plays
    from (
        select cast(start_time as date) as day,
               coalesce(level, 'unknown'){{exact}} as level,
               cast(extract(hour from start_time) as integer) as hour
        from songplays
    ) started
    group by day, level, hour
) counted
order by day desc, hour, level {{bytes}}
