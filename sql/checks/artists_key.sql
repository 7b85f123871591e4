-- title:    artists: artist_id is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(artist_id as varchar(64))) as example
from (
    select min(artist_id) as artist_id from artists group by artist_id{{exact}} having count(*) > 1
) repeated
