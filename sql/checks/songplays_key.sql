-- title:    songplays: songplay_id is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(songplay_id as varchar(64))) as example
from (
    select songplay_id from songplays group by songplay_id having count(*) > 1
) repeated
