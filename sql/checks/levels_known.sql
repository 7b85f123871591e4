-- title:    songplays and users: level is free or paid
-- severity: warn
-- after:    check
select count(*) as violations, min(level) as example
from (
    select level from songplays where level is null or level not in ('free', 'paid')
    union all
    select level from users where level is null or level not in ('free', 'paid')
) odd
