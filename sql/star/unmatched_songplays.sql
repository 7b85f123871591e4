-- model: unmatched_songplays
-- grain: one play that no song matched, with the log's own text
-- key:   songplay_id
-- needs: loading_events, play_faults, songs
-- load:  insert
select e.session_id * 1048576 + e.item_in_session as songplay_id,
       e.song,
       e.artist,
       e.length
from {{loading}}loading_events e
left join {{temp}}play_faults f
       on f.object_no = e.object_no
      and f.record_no = e.record_no
left join songs s
       on s.title{{exact}} = e.song{{exact}}
      and s.artist_name{{exact}} = e.artist{{exact}}
      and s.duration = e.length
where e.page{{exact}} = 'NextSong'{{exact}}
  and f.object_no is null
  and s.song_id is null
