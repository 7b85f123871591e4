-- title:    unmatched_songplays: exactly the plays without a song
-- severity: error
-- after:    check
select count(*) as violations, min(cast(songplay_id as varchar(64))) as example
from (
    select p.songplay_id
    from songplays p
    where p.song_id is null
      and not exists (select 1 from unmatched_songplays u where u.songplay_id = p.songplay_id)
    union all
    select u.songplay_id
    from unmatched_songplays u
    where not exists (
        select 1 from songplays p where p.songplay_id = u.songplay_id and p.song_id is null
    )
) astray
