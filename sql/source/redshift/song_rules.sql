-- The same of songs: two records of one song, or of one artist who is not the same in all of them.
select 0 as outside,
       coalesce(sum(case
                        when song_id is null
                             or title is null
                             or artist_id is null
                             or artist_name is null
                             or duration is null
                             or octet_length(song_id) = 0
                             or octet_length(artist_id) = 0
                            then 1
                        else 0
                    end), 0) as incomplete,
       (select count(*)
        from (
            select song_id from loading_songs group by song_id having count(*) > 1
        ) songs_twice)
       + (select count(*)
          from (
              select artist_id
              from loading_songs
              group by artist_id
              having count(distinct artist_name) > 1
                  or count(distinct octet_length(artist_name)) > 1
                  or count(distinct coalesce(artist_location, '')) > 1
                  or count(distinct coalesce(octet_length(artist_location), -1)) > 1
                  or count(distinct coalesce(artist_latitude, 999)) > 1
                  or count(distinct coalesce(artist_longitude, 999)) > 1
          ) artists_differ) as undecided
from loading_songs
