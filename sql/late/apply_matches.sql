update songplays
set song_id = m.song_id, artist_id = m.artist_id
from {{temp}}late_matches m
where songplays.songplay_id = m.songplay_id
