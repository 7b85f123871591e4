-- model: songplays
-- grain: one song started (page = 'NextSong'), the first applied with its id
-- key:   songplay_id
-- needs: loading_events, play_faults, songs
-- load:  insert
-- units: start_time UTC, milliseconds kept
-- "Not among the faults" is a left join: DuckDB hashes all rows first for a correlated `not exists`
-- on two columns.
with matchable as (
    select title, artist_name, duration, song_id, artist_id
    from (
        select title, artist_name, duration, song_id, artist_id,
               row_number() over (
                   partition by title{{exact}}, artist_name{{exact}}, duration order by song_id {{bytes}}
               ) as nth
        from songs
    ) numbered
    where nth = 1
)
select e.session_id * 1048576 + e.item_in_session as songplay_id,
       e.ts as start_time,
       e.user_id,
       e.level,
       m.song_id,
       m.artist_id,
       e.session_id,
       e.location,
       e.user_agent
from {{loading}}loading_events e
left join matchable m
       on m.title{{exact}} = e.song{{exact}}
      and m.artist_name{{exact}} = e.artist{{exact}}
      and m.duration = e.length
left join {{temp}}play_faults f
       on f.object_no = e.object_no
      and f.record_no = e.record_no
where e.page{{exact}} = 'NextSong'{{exact}}
  and f.object_no is null
