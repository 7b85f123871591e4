-- The same of songs.
insert into loading_songs
    (num_songs, artist_id, artist_latitude, artist_longitude, artist_location, artist_name, song_id,
     title, duration, year, object_no, record_no)
select cast(num_songs as integer),
       artist_id,
       cast(artist_latitude as double precision),
       cast(artist_longitude as double precision),
       artist_location,
       artist_name,
       song_id,
       title,
       cast(duration as decimal(12, 5)),
       cast(year as integer),
       0,
       0
from source_songs
