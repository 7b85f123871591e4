-- title: Upgrades and downgrades
-- place: 3
-- chart: bars
-- levels: none
-- definition: Changes of users' levels on each day: an upgrade is a user's first song at level
-- definition: paid after one at level free, a downgrade the reverse. Songs without a level are
-- definition: passed over. Days without a change are left out.
with user_days as (
    select user_id,
           cast(start_time as date) as day,
           min(start_time) as first_play,
           min(songplay_id) as first_id,
           min(level {{bytes}}) as least_level,
           max(level {{bytes}}) as greatest_level
    from songplays
    where level is not null
    group by user_id, cast(start_time as date)
),
-- Of a day at one level its first play is enough; of others all are looked at.
steps as (
    select user_id, first_play as at_time, first_id as songplay_id, least_level as level
    from user_days
    where least_level{{exact}} = greatest_level{{exact}}
    union all
    select p.user_id, p.start_time, p.songplay_id, p.level
    from songplays p
    join user_days d on d.user_id = p.user_id and d.day = cast(p.start_time as date)
    where d.least_level{{exact}} <> d.greatest_level{{exact}}
),
changes as (
    select cast(at_time as date) as day, level, level_before
    from (
        select at_time,
               level,
               lag(level) over (partition by user_id order by at_time, songplay_id)
                   as level_before
        from steps
    ) ordered_steps
    where level{{exact}} <> level_before{{exact}}
)
select day, upgrades, downgrades
from (
    select day,
           count(case when level{{exact}} = 'paid'{{exact}}
                       and level_before{{exact}} = 'free'{{exact}} then 1 end) as upgrades,
           count(case when level{{exact}} = 'free'{{exact}}
                       and level_before{{exact}} = 'paid'{{exact}} then 1 end) as downgrades
    from changes
    group by day
) counted
where upgrades + downgrades > 0
order by day desc
