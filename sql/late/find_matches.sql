-- Late songs: every unmatched play is held against all songs.
drop table if exists {{temp}}late_matches;
create temporary table late_matches as
select u.songplay_id, m.song_id, m.artist_id
from unmatched_songplays u
join (
    select title, artist_name, duration, song_id, artist_id,
           row_number() over (
               partition by title{{exact}}, artist_name{{exact}}, duration order by song_id {{bytes}}
           ) as nth
    from songs
) m
  on m.nth = 1
 and m.title{{exact}} = u.song{{exact}}
 and m.artist_name{{exact}} = u.artist{{exact}}
 and m.duration = u.length
