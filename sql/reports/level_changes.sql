-- title: Upgrades and downgrades
-- place: 3
-- chart: bars
-- levels: none
-- definition: Changes of users' levels on each day: an upgrade is a user's first song at level
-- definition: paid after one at level free, a downgrade the reverse. Days without a change are
-- definition: left out.
with changes as (
    select cast(start_time as date) as day, level, level_before
    from (
        select start_time,
               level,
               lag(level) over (partition by user_id order by start_time, songplay_id) as level_before
        from songplays
        where user_id in (
            select user_id
            from songplays
            group by user_id
            having min(level {{bytes}}){{exact}} <> max(level {{bytes}}){{exact}}
        )
    ) ordered_plays
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
