-- title:    songplays: every user_id is in users
-- severity: error
-- after:    check
select count(*) as violations, min(cast(p.songplay_id as varchar(64))) as example
from songplays p
where not exists (select 1 from users u where u.user_id = p.user_id)
