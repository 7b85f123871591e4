-- title:    users: user_id is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(user_id as varchar(64))) as example
from (
    select user_id from users group by user_id having count(*) > 1
) repeated
