-- title: Users at risk of leaving
-- place: 13
-- chart: table
-- levels: none
-- definition: Users who listened and have nearly stopped: at least 10 plays in the 21 days before
-- definition: the last 7 days of the data (plays_before), and in these 7 (plays_lately) at most
-- definition: a quarter as many a day. The 50 with most plays before are listed. level
-- definition: is the user's level now.
with newest as (
    select cast(max(start_time) as date) as day from songplays
),
recent as (
    select p.user_id,
           max(p.start_time) as last_play,
           sum(case when cast(p.start_time as date) <= n.day - 7 then 1 else 0 end) as plays_before,
           sum(case when cast(p.start_time as date) > n.day - 7 then 1 else 0 end) as plays_lately
    from songplays p
    cross join newest n
    where cast(p.start_time as date) > n.day - 28
    group by p.user_id
),
ranked as (
    select user_id,
           last_play,
           plays_before,
           plays_lately,
           row_number() over (order by plays_before desc, user_id) as nth
    from recent
    where plays_before >= 10
      and plays_lately * 12 <= plays_before
)
select r.user_id,
       trim(both ' ' from coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, '')) as name,
       coalesce(u.level, 'unknown') as level,
       r.last_play,
       cast(r.plays_before as bigint) as plays_before,
       cast(r.plays_lately as bigint) as plays_lately
from ranked r
left join users u on u.user_id = r.user_id
where r.nth <= 50
order by r.nth
