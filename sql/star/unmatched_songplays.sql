-- model: unmatched_songplays
-- grain: one play that no song matched, with the log's own text
-- key:   songplay_id
-- needs: loading_events, play_faults, songs
-- load:  insert
select e.session_id * 1048576 + e.item_in_session as songplay_id,
       e.song,
       e.artist,
       e.length
from {{temp}}.loading_events e
where e.page = 'NextSong'
  and not exists (
      select 1
      from {{temp}}.play_faults f
      where f.object_no = e.object_no and f.record_no = e.record_no
  )
  and not exists (
      select 1
      from songs s
      where s.title = e.song and s.artist_name = e.artist and s.duration = e.length
  )
