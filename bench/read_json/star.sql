-- The star schema of the data contract, from `events` and `song_records` as either variant stages
-- them. For clean data: no rejects, no play twice, all in one run. So there is no ledger, nothing
-- is looked for in the tables before it is inserted, and nothing is deleted.
create table songs as
select song_id,
       title,
       artist_id,
       cast(year as integer) as year,
       cast(duration as decimal(12, 5)) as duration,
       artist_name
from song_records
qualify row_number() over (partition by song_id order by filename desc) = 1;

create table artists as
select artist_id,
       artist_name as name,
       artist_location as location,
       cast(artist_latitude as double) as latitude,
       cast(artist_longitude as double) as longitude
from song_records
qualify row_number() over (partition by artist_id order by filename desc) = 1;

create table songplays as
select e.sessionId * 1048576 + e.itemInSession as songplay_id,
       epoch_ms(e.ts) as start_time,
       cast(e.userId as integer) as user_id,
       e.level,
       m.song_id,
       m.artist_id,
       cast(e.sessionId as bigint) as session_id,
       e.location,
       e.userAgent as user_agent
from events e
left join (
    select title,
           artist_name,
           duration,
           min(song_id) as song_id,
           arg_min(artist_id, song_id) as artist_id
    from songs
    group by title, artist_name, duration
) m
  on m.title = e.song
 and m.artist_name = e.artist
 and m.duration = cast(e.length as decimal(12, 5))
where e.page = 'NextSong';

create table unmatched_songplays as
select e.sessionId * 1048576 + e.itemInSession as songplay_id,
       e.song,
       e.artist,
       cast(e.length as decimal(12, 5)) as length
from events e
anti join songs s
  on s.title = e.song
 and s.artist_name = e.artist
 and s.duration = cast(e.length as decimal(12, 5))
where e.page = 'NextSong';

create table time as
select start_time,
       cast(extract(hour from start_time) as integer) as hour,
       cast(extract(day from start_time) as integer) as day,
       cast(extract(week from start_time) as integer) as week,
       cast(extract(month from start_time) as integer) as month,
       cast(extract(year from start_time) as integer) as year,
       cast(extract(dow from start_time) as integer) as weekday
from (select distinct start_time from songplays) moments;

-- One row a user first, so that only those few texts are looked at.
create table users as
select cast(e.userId as integer) as user_id,
       e.firstName as first_name,
       e.lastName as last_name,
       e.gender,
       e.level,
       epoch_ms(e.ts) as last_event_at,
       e.sessionId * 1048576 + e.itemInSession as last_event_key
from events e
join (
    select userId, max(ts) as ts
    from events
    where userId <> ''
    group by userId
) latest
  on latest.userId = e.userId
 and latest.ts = e.ts
qualify row_number() over (
    partition by e.userId order by e.sessionId * 1048576 + e.itemInSession desc
) = 1;
