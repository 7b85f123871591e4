-- model: songs
-- grain: one song; the last applied record replaces the whole row
-- key:   song_id{{exact}}
-- needs: loading_songs
-- load:  delete_insert
select song_id, title, artist_id, year, duration, artist_name
from (
    select song_id, title, artist_id, year, duration, artist_name,
           row_number() over (
               partition by song_id{{exact}} order by object_no desc, record_no desc
           ) as nth
    from {{loading}}loading_songs
) ranked
where nth = 1
