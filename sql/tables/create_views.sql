-- The views of the data contract. Replaced, not dropped: who may read them stays as it was.
create or replace view plays as
select p.songplay_id,
       p.start_time,
       p.user_id,
       p.level,
       p.song_id,
       p.artist_id,
       coalesce(s.title, u.song) as title,
       coalesce(s.artist_name, u.artist) as artist_name,
       p.session_id,
       p.location,
       p.user_agent
from songplays p
left join songs s on s.song_id{{exact}} = p.song_id{{exact}}
left join unmatched_songplays u on u.songplay_id = p.songplay_id;
create or replace view user_levels as
select user_id,
       level,
       start_time as valid_from,
       lead(start_time) over (partition by user_id order by start_time, songplay_id) as valid_to
from (
    select user_id,
           level,
           start_time,
           songplay_id,
           row_number() over (partition by user_id order by start_time, songplay_id) as nth_play,
           lag(level) over (partition by user_id order by start_time, songplay_id) as level_before
    from songplays
) ordered_plays
where nth_play = 1
   or level{{exact}} <> level_before{{exact}}
   or (level is null and level_before is not null)
   or (level is not null and level_before is null)
