-- title:    songplays: every artist_id is in artists
-- severity: error
-- after:    check
-- A play keeps the artist of the song record it was matched to, also when the record changes; but
-- no artist is ever taken away.
select count(*) as violations, min(cast(p.songplay_id as varchar(64))) as example
from songplays p
where p.artist_id is not null
  and not exists (select 1 from artists a where a.artist_id{{exact}} = p.artist_id{{exact}})
