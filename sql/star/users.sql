-- model: users
-- grain: one user of the app, as their latest event tells
-- key:   user_id
-- needs: loading_events, play_faults
-- load:  delete_insert
-- Every event with a user counts, whatever its page, duplicates too; conflicting plays do not.
with told as (
    select e.user_id, e.first_name, e.last_name, e.gender, e.level, e.ts,
           e.session_id * 1048576 + e.item_in_session as event_key, e.object_no, e.record_no
    from {{loading}}loading_events e
    left join {{temp}}play_faults f
           on f.is_conflict
          and f.object_no = e.object_no
          and f.record_no = e.record_no
    where e.user_id is not null
      and f.object_no is null
),
latest as (
    select user_id, max(ts) as ts from told group by user_id
),
ranked as (
    select t.user_id, t.first_name, t.last_name, t.gender, t.level, t.ts, t.event_key,
           row_number() over (
               partition by t.user_id
               order by t.event_key desc, t.object_no, t.record_no
           ) as nth
    from told t
    join latest l on l.user_id = t.user_id and l.ts = t.ts
)
select r.user_id,
       r.first_name,
       r.last_name,
       r.gender,
       r.level,
       r.ts as last_event_at,
       r.event_key as last_event_key
from ranked r
left join users u on u.user_id = r.user_id
where r.nth = 1
  and (u.user_id is null
       or r.ts > u.last_event_at
       or (r.ts = u.last_event_at and r.event_key > u.last_event_key))
