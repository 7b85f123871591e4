-- What plays are matched by, for those that are matched outside the warehouse.
select title, artist_name, duration, song_id, artist_id from songs
