-- title:    songs: song_id is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(song_id as varchar(64))) as example
from (
    select min(song_id) as song_id from songs group by song_id{{exact}} having count(*) > 1
) repeated
