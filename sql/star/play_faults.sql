-- model: play_faults
-- grain: one staged play that is not the first applied with its songplay_id
-- needs: loading_events, songplays
-- load:  temporary
-- Only ids that occur again, in the group or in the warehouse, are ordered: normally none. The range
-- lets a database pass over the blocks that cannot hold any of them.
with staged as (
    select session_id * 1048576 + item_in_session as songplay_id, ts, user_id, object_no, record_no
    from {{loading}}loading_events
    where page{{exact}} = 'NextSong'{{exact}}
),
known as (
    select p.songplay_id, p.start_time, p.user_id
    from songplays p
    where p.songplay_id >= (select min(songplay_id) from staged)
      and p.songplay_id <= (select max(songplay_id) from staged)
      and p.songplay_id in (select songplay_id from staged)
),
repeated as (
    select songplay_id from staged group by songplay_id having count(*) > 1
    union
    select songplay_id from known
),
ordered as (
    select s.songplay_id,
           s.ts,
           s.user_id,
           s.object_no,
           s.record_no,
           row_number() over (
               partition by s.songplay_id order by s.object_no, s.record_no
           ) as nth,
           first_value(s.ts) over (
               partition by s.songplay_id order by s.object_no, s.record_no
               rows between unbounded preceding and current row
           ) as first_ts,
           first_value(s.user_id) over (
               partition by s.songplay_id order by s.object_no, s.record_no
               rows between unbounded preceding and current row
           ) as first_user_id
    from staged s
    where s.songplay_id in (select songplay_id from repeated)
)
select o.object_no,
       o.record_no,
       o.songplay_id,
       not (o.ts = coalesce(k.start_time, o.first_ts)
            and o.user_id = coalesce(k.user_id, o.first_user_id)) as is_conflict
from ordered o
left join known k on k.songplay_id = o.songplay_id
where k.songplay_id is not null or o.nth > 1
