-- title: Sessions at once
-- place: 10
-- chart: heatmap
-- levels: none
-- long_range: week
-- definition: The most sessions that were under way at one moment of each hour (UTC). A session (a
-- definition: user's plays with one session id) is under way from the start of its first song to
-- definition: the start of its last. Hours in which no song was started are left out. Where the
-- definition: data go over more than 120 days, it is the most of that hour in the week whose
-- definition: Monday is day.
with sessions as (
    select min(start_time) as first_play, max(start_time) as last_play
    from songplays
    group by session_id, user_id
),
-- An hour's beginning stands before the starts of its moment, so that it shows what was under way
-- already; ends stand behind.
moments as (
    select distinct date_trunc('hour', start_time) as at_time, 0 as kind, 0 as change
    from songplays
    union all
    select first_play, 1, 1 from sessions
    union all
    select last_play, 2, -1 from sessions
),
running as (
    select at_time,
           kind,
           sum(change) over (order by at_time, kind rows unbounded preceding) as under_way
    from moments
),
span as (
    select cast(max(start_time) as date) - cast(min(start_time) as date) as days from songplays
)
select day, hour, cast(max(under_way) as bigint) as peak
from (
    select case when s.days > 120 then cast(date_trunc('week', r.at_time) as date)
                else cast(r.at_time as date) end as day,
           cast(extract(hour from r.at_time) as integer) as hour,
           r.under_way
    from running r
    cross join span s
    where r.kind < 2
) seen
group by day, hour
order by day desc, hour
