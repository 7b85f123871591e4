-- title: Sessions at once
-- place: 10
-- chart: heatmap
-- levels: none
-- definition: The most sessions that were under way at one moment of each hour (UTC). A session (a
-- definition: user's plays with one session id) is under way from the start of its first song to
-- definition: the start of its last. Hours in which no song was started are left out.
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
peaks as (
    select date_trunc('hour', at_time) as at_hour, max(under_way) as peak
    from running
    where kind < 2
    group by date_trunc('hour', at_time)
)
select cast(at_hour as date) as day,
       cast(extract(hour from at_hour) as integer) as hour,
       cast(peak as bigint) as peak
from peaks
order by day desc, hour
