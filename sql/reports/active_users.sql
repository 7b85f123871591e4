-- title: Active users
-- place: 2
-- chart: line
-- levels: own
-- definition: Users who started at least one song: on the day, in the 7 days and in the 30 days
-- definition: that end with it, each user once. Stickiness is daily divided by monthly. A user who
-- definition: had both levels in that time is in the count of each, and once in that of all. Days
-- definition: whose 30 days have no play are left out; in the first 29 days the span is not full
-- definition: yet.
with user_days as (
    select distinct
           cast(start_time as date) as day,
           user_id,
           coalesce(level, 'unknown'){{exact}} as level
    from songplays
),
by_level as (
    select distinct day, user_id, 'all'{{exact}} as level from user_days
    union all
    select day, user_id, level from user_days where level <> 'all'{{exact}}
),
-- A user counts from an active day until the span after it ends or the next active day begins, so
-- that nobody counts twice: what remains is to add up who comes and who goes.
spells as (
    select level, day, lead(day) over (partition by level, user_id order by day) as next_day
    from by_level
),
comings_and_goings as (
    select level, day, 1 as daily, 1 as weekly, 1 as monthly
    from spells
    union all
    select level, day + 1, -1, 0, 0
    from spells
    union all
    select level, case when next_day < day + 7 then next_day else day + 7 end, 0, -1, 0
    from spells
    union all
    select level, case when next_day < day + 30 then next_day else day + 30 end, 0, 0, -1
    from spells
),
changes as (
    select level, day, sum(daily) as daily, sum(weekly) as weekly, sum(monthly) as monthly
    from comings_and_goings
    group by level, day
),
digits as (
    select 0 as n union all select 1 union all select 2 union all select 3 union all select 4
    union all select 5 union all select 6 union all select 7 union all select 8 union all select 9
),
later as (
    select units.n + 10 * tens.n as days
    from digits units
    cross join digits tens
    where units.n + 10 * tens.n <= 30
),
calendar as (
    select distinct active.day + later.days as day
    from (select distinct day from user_days) active
    cross join later
),
running as (
    select l.level,
           c.day,
           sum(coalesce(ch.daily, 0))
               over (partition by l.level order by c.day rows unbounded preceding) as daily,
           sum(coalesce(ch.weekly, 0))
               over (partition by l.level order by c.day rows unbounded preceding) as weekly,
           sum(coalesce(ch.monthly, 0))
               over (partition by l.level order by c.day rows unbounded preceding) as monthly
    from calendar c
    cross join (select distinct level from by_level) l
    left join changes ch on ch.level = l.level and ch.day = c.day
)
select day,
       {{unmark}}level{{unmark_end}} as level,
       cast(daily as bigint) as daily,
       cast(weekly as bigint) as weekly,
       cast(monthly as bigint) as monthly
from running
where monthly > 0
  and day <= (select max(day) from user_days)
order by day desc, level {{bytes}}
