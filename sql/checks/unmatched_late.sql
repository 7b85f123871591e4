-- title:    unmatched_songplays: no song matches, once all songs were held against it
-- severity: error
-- after:    check
select count(*) as violations, min(cast(u.songplay_id as varchar(64))) as example
from unmatched_songplays u
join songs s
  on s.title{{exact}} = u.song{{exact}}
 and s.artist_name{{exact}} = u.artist{{exact}}
 and s.duration = u.length
where not exists (
    select 1
    from etl_objects
    where kind = 'song'
      and run_id > (select coalesce(max(run_id), 0) from etl_runs where late_matches is not null)
)
