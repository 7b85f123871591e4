-- title: Where people listen
-- place: 8
-- chart: map
-- levels: sum
-- long_range: month
-- definition: The 40 places in which most songs were started, as the app's logs name them. Where the
-- definition: data go over more than 120 days, day is the first of the month.
with located as (
    select start_time,
           coalesce(level, 'unknown'){{exact}} as level,
           coalesce(location, 'unknown'){{exact}} as place
    from songplays
),
leaders as (
    select place
    from (
        select place, row_number() over (order by plays desc, place {{bytes}}) as nth
        from (select place, count(*) as plays from located group by place) totals
    ) ranked
    where nth <= 40
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
        select case when s.days > 120 then cast(date_trunc('month', l.start_time) as date)
                    else cast(l.start_time as date) end as day,
               l.level,
               l.place
        from located l
        join leaders t on t.place = l.place
        cross join span s
    ) started
    group by day, level, place
) counted
order by day desc, plays desc, place {{bytes}}, level {{bytes}}
