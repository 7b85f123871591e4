-- title:    users: no song play of a user is later than the user's row
-- severity: error
-- after:    check
select count(*) as violations, min(cast(u.user_id as varchar(64))) as example
from users u
join (
    select user_id, max(start_time) as last_play from songplays group by user_id
) p on p.user_id = u.user_id
where p.last_play > u.last_event_at
