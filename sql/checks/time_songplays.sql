-- title:    time: every start_time has a song play
-- severity: error
-- after:    check
select count(*) as violations, min(cast(t.start_time as varchar(64))) as example
from time t
where not exists (select 1 from songplays p where p.start_time = t.start_time)
