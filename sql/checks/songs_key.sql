-- title:    songs: song_id is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(song_id as varchar(64))) as example
from (
    select song_id from songs group by song_id having count(*) > 1
) repeated
