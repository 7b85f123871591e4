-- title:    songplays: every start_time is in time
-- severity: error
-- after:    check
select count(*) as violations, min(cast(p.songplay_id as varchar(64))) as example
from songplays p
where not exists (select 1 from time t where t.start_time = p.start_time)
