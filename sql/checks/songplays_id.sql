-- title:    songplays: songplay_id is session_id * 1048576 + an item number
-- severity: error
-- after:    check
select count(*) as violations, min(cast(songplay_id as varchar(64))) as example
from songplays
where songplay_id < session_id * 1048576
   or songplay_id >= (session_id + 1) * 1048576
   or session_id < 0
