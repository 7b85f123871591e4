-- title: How long sessions last
-- place: 6
-- chart: histogram
-- levels: sum
-- long_range: month
-- definition: A session is a user's plays with one session id. Its length is from the start of its
-- definition: first song to the start of its last, in whole minutes (seconds' fractions are left
-- definition: out), so that a session of one song has length 0. It counts on the day of its first
-- definition: song; one with songs at both levels counts as paid. Where the data go over more than
-- definition: 120 days, day is the first of the month.
with sessions as (
    select min(start_time) as first_play,
           max(start_time) as last_play,
           coalesce(max(level {{bytes}}), 'unknown'){{exact}} as level
    from songplays
    group by session_id, user_id
),
span as (
    select cast(max(start_time) as date) - cast(min(start_time) as date) as days from songplays
),
measured as (
    select case when s.days > 120 then cast(date_trunc('month', e.first_play) as date)
                else cast(e.first_play as date) end as day,
           e.level,
           cast(floor((
               cast(extract(epoch from date_trunc('second', e.last_play)) as bigint)
               - cast(extract(epoch from date_trunc('second', e.first_play)) as bigint)
           ) / 60.0) as bigint) as minutes
    from sessions e
    cross join span s
)
select day, {{unmark}}level{{unmark_end}} as level, minutes, sessions
from (
    select day, level, minutes, count(*) as sessions
    from measured
    group by day, level, minutes
) counted
order by day desc, minutes, level {{bytes}}
