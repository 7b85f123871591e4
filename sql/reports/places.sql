-- title: Where people listen
-- place: 8
-- chart: map
-- levels: sum
-- long_range: month
-- definition: The 40 places in which most songs were started, as the app's logs name them. Where
-- definition: the data go over more than 120 days, day is the first of the month.
with leaders as (
    select place, count(*) as plays
    from (select coalesce(location, 'unknown'){{exact}} as place from songplays) located
    group by place
    order by plays desc, {{unmark}}place{{unmark_end}} {{bytes}}, char_length(place)
    limit 40
),
span as (
    select cast(max(start_time) as date) - cast(min(start_time) as date) as days from songplays
)
select day,
       {{unmark}}level{{unmark_end}} as level,
       {{unmark}}place{{unmark_end}} as place,
       plays
from (
    select day, level, place, count(*) as plays
    from (
        select case when s.days > 120 then cast(date_trunc('month', p.start_time) as date)
                    else cast(p.start_time as date) end as day,
               coalesce(p.level, 'unknown'){{exact}} as level,
               l.place
        from songplays p
        join leaders l on l.place = coalesce(p.location, 'unknown'){{exact}}
        cross join span s
    ) started
    group by day, level, place
) counted
order by day desc, plays desc, {{unmark}}place{{unmark_end}} {{bytes}}, char_length(place),
         level {{bytes}}
