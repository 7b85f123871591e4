-- title: What people listen with
-- place: 9
-- chart: bars
-- levels: sum
-- long_range: week
-- definition: Songs started with each browser, system and kind of device, as the browser's user
-- definition: agent tells; what it does not tell is Other, and unknown if the log has none. Where
-- definition: the data go over more than 120 days, day is the Monday of the week.
with span as (
    select cast(max(start_time) as date) - cast(min(start_time) as date) as days from songplays
),
agents as (
    select day, level, agent, count(*) as plays
    from (
        select case when s.days > 120 then cast(date_trunc('week', p.start_time) as date)
                    else cast(p.start_time as date) end as day,
               coalesce(p.level, 'unknown'){{exact}} as level,
               coalesce(p.user_agent, ''){{exact}} as agent
        from songplays p
        cross join span s
    ) started
    group by day, level, agent
),
named as (
    select day,
           level,
           plays,
           case when agent = ''{{exact}} then 'unknown'
                when agent like '%Edge/%' or agent like '%Edg/%' then 'Edge'
                when agent like '%OPR/%' or agent like '%Opera%' then 'Opera'
                when agent like '%Firefox/%' or agent like '%FxiOS/%' then 'Firefox'
                when agent like '%Chrome/%' or agent like '%CriOS/%' then 'Chrome'
                when agent like '%MSIE %' or agent like '%Trident/%' then 'Internet Explorer'
                when agent like '%Safari/%' then 'Safari'
                else 'Other' end as browser,
           case when agent = ''{{exact}} then 'unknown'
                when agent like '%Windows%' then 'Windows'
                when agent like '%iPhone%' or agent like '%iPad%' or agent like '%iPod%' then 'iOS'
                when agent like '%Macintosh%' then 'macOS'
                when agent like '%Android%' then 'Android'
                when agent like '%Linux%' or agent like '%X11%' then 'Linux'
                else 'Other' end as "system",
           case when agent = ''{{exact}} then 'unknown'
                when agent like '%Windows%' and agent not like '%Phone%' then 'Computer'
                when agent like '%iPad%' then 'Tablet'
                when agent like '%Android%' and agent not like '%Mobile%' then 'Tablet'
                when agent like '%iPhone%' or agent like '%iPod%' or agent like '%Mobile%'
                    then 'Phone'
                when agent like '%Macintosh%' or agent like '%Linux%' or agent like '%X11%'
                    then 'Computer'
                else 'Other' end as device
    from agents
)
select day,
       {{unmark}}level{{unmark_end}} as level,
       browser,
       "system",
       device,
       plays
from (
    select day, level, browser, "system", device, cast(sum(plays) as bigint) as plays
    from named
    group by day, level, browser, "system", device
) counted
order by day desc, plays desc, browser {{bytes}}, "system" {{bytes}}, device {{bytes}},
         level {{bytes}}
