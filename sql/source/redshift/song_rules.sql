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
            select 1 as twice from loading_songs group by song_id || '.' having count(*) > 1
        ) songs_twice)
       + (select count(*)
          from (
              select 1 as differs
              from loading_songs
              group by artist_id || '.'
              having count(distinct artist_name || '.') > 1
                  or count(distinct artist_location || '.') > 1
                  or count(artist_location) not in (0, count(*))
                  or count(distinct artist_latitude) > 1
                  or count(artist_latitude) not in (0, count(*))
                  or count(distinct artist_longitude) > 1
                  or count(artist_longitude) not in (0, count(*))
          ) artists_differ) as undecided
from loading_songs
