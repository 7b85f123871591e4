-- title:    songs: every artist_id is in artists
-- severity: error
-- after:    check
select count(*) as violations, min(s.song_id) as example
from songs s
where not exists (select 1 from artists a where a.artist_id{{exact}} = s.artist_id{{exact}})
