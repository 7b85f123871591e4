-- title:    songplays: every song_id is in songs
-- severity: error
-- after:    check
select count(*) as violations, min(cast(p.songplay_id as varchar(64))) as example
from songplays p
where p.song_id is not null
  and not exists (select 1 from songs s where s.song_id{{exact}} = p.song_id{{exact}})
