-- How new and how whole the data are.
select (select max(last_event_at) from users) as last_event_at,
       (select count(song_id) from songplays) as matched,
       first_day,
       last_day,
       last_day - first_day as days
from (
    select cast(min(start_time) as date) as first_day, cast(max(start_time) as date) as last_day
    from songplays
) played
