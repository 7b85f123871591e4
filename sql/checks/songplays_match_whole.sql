-- title:    songplays: song_id and artist_id are set together or not at all
-- severity: error
-- after:    check
select count(*) as violations, min(cast(songplay_id as varchar(64))) as example
from songplays
where (song_id is null and artist_id is not null)
   or (song_id is not null and artist_id is null)
