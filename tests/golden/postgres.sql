-- file: access/postgres/rights_missing
-- What of the star a role may still not read: whoever granted had not the right to.
select t.table_name
from (
    values ('songplays'), ('users'), ('songs'), ('artists'), ('time'), ('unmatched_songplays'),
           ('plays'), ('user_levels')
) t (table_name)
where not has_schema_privilege($1, current_schema(), 'USAGE')
   or not has_table_privilege(
       $1, to_regclass(quote_ident(current_schema()) || '.' || quote_ident(t.table_name)), 'SELECT')
order by t.table_name collate "C"

-- file: access/postgres/rights_too_many
-- What a role may do with our tables besides reading the star, by itself, by another role or because
-- everybody may. Who may create in the schema can put an operator or a function there that our own
-- statements then run, with our rights.
select 'schema ' || current_schema() as table_name, 'CREATE' as privilege
where has_schema_privilege($1, current_schema(), 'CREATE')
union all
select t.table_name, p.privilege
from (
    values ('songplays', true), ('users', true), ('songs', true), ('artists', true),
           ('time', true), ('unmatched_songplays', true), ('plays', true), ('user_levels', true),
           ('staging_events', false), ('staging_songs', false), ('etl_runs', false),
           ('etl_objects', false), ('etl_rejects', false), ('etl_drift', false),
           ('etl_schema', false), ('etl_loading_events', false), ('etl_loading_songs', false)
) t (table_name, is_star)
cross join (
    values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')
) p (privilege)
where to_regclass(quote_ident(current_schema()) || '.' || quote_ident(t.table_name)) is not null
  and not (t.is_star and p.privilege = 'SELECT')
  and (has_table_privilege(
           $1, to_regclass(quote_ident(current_schema()) || '.' || quote_ident(t.table_name)),
           p.privilege)
       or (p.privilege in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
           and has_any_column_privilege(
               $1, to_regclass(quote_ident(current_schema()) || '.' || quote_ident(t.table_name)),
               p.privilege)))
order by 1, 2

-- file: access/postgres/role
-- What granting needs to know of a role; no row: there is no such role. Names come quoted.
select quote_ident(r.rolname) as role_name,
       quote_ident(current_schema()) as schema_name,
       r.rolsuper as is_superuser,
       (r.rolname = current_user or pg_has_role(r.rolname, current_user, 'member')) as is_owner
from pg_roles r
where r.rolname = $1

-- file: checks/artists_key
-- title:    artists: artist_id is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(artist_id as varchar(64))) as example
from (
    select min(artist_id) as artist_id from artists group by artist_id having count(*) > 1
) repeated

-- file: checks/coordinates
-- title:    artists: latitude within 90, longitude within 180 degrees
-- severity: warn
-- after:    check
select count(*) as violations, min(artist_id) as example
from artists
where latitude not between -90 and 90 or longitude not between -180 and 180

-- file: checks/durations
-- title:    songs: duration is above 0 and below a day
-- severity: warn
-- after:    check
select count(*) as violations, min(song_id) as example
from songs
where duration <= 0 or duration >= 86400

-- file: checks/levels_known
-- title:    songplays and users: level is free or paid
-- severity: warn
-- after:    check
select count(*) as violations, min(level) as example
from (
    select level from songplays where level is null or level not in ('free', 'paid')
    union all
    select level from users where level is null or level not in ('free', 'paid')
) odd

-- file: checks/objects_balance
-- title:    etl_objects: records = loaded + duplicates + rejects
-- severity: error
-- after:    etl
select count(*) as violations, min(uri) as example
from etl_objects
where records <> loaded + duplicates + rejects

-- file: checks/objects_key
-- title:    etl_objects: an object version is in the ledger once
-- severity: error
-- after:    check
select count(*) as violations, min(uri) as example
from (
    select min(uri) as uri from etl_objects group by uri, etag having count(*) > 1
) repeated

-- file: checks/rejects_balance
-- title:    etl_rejects: one row for each reject of each run
-- severity: error
-- after:    etl
select count(*) as violations, min(cast(r.run_id as varchar(64))) as example
from etl_runs r
left join (
    select run_id, count(*) as rejects from etl_rejects group by run_id
) x on x.run_id = r.run_id
where r.rejects <> coalesce(x.rejects, 0)

-- file: checks/rejects_objects
-- title:    etl_rejects: as many rows for each object as the ledger counted
-- severity: error
-- after:    check
select count(*) as violations, min(o.uri) as example
from etl_objects o
left join (
    select run_id, min(uri) as uri, count(*) as rejects from etl_rejects group by run_id, uri
) x on x.run_id = o.run_id and x.uri = o.uri
where o.rejects <> coalesce(x.rejects, 0)

-- file: checks/runs_balance
-- title:    etl_runs: a run's totals are the sums of its objects
-- severity: error
-- after:    etl
select count(*) as violations, min(cast(r.run_id as varchar(64))) as example
from etl_runs r
left join (
    select run_id,
           count(*) as objects,
           sum(size_bytes) as bytes,
           sum(duplicates) as duplicates,
           sum(rejects) as rejects
    from etl_objects
    group by run_id
) o on o.run_id = r.run_id
where r.objects <> coalesce(o.objects, 0)
   or r.bytes <> coalesce(o.bytes, 0)
   or r.duplicates <> coalesce(o.duplicates, 0)
   or r.rejects <> coalesce(o.rejects, 0)

-- file: checks/runs_key
-- title:    etl_runs: run_id is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(run_id as varchar(64))) as example
from (
    select run_id from etl_runs group by run_id having count(*) > 1
) repeated

-- file: checks/runs_star
-- title:    etl_runs: the plays of all runs are the rows of songplays
-- severity: error
select case when counted.plays = counted.star then 0 else 1 end as violations,
       cast(counted.plays as varchar(32)) || ' in etl_runs, ' || cast(counted.star as varchar(32))
           || ' in songplays' as example
from (
    select (select coalesce(sum(plays), 0) from etl_runs) as plays,
           (select count(*) from songplays) as star
) counted

-- file: checks/songplays_artist
-- title:    songplays: every artist_id is in artists
-- severity: error
-- after:    check
-- A play keeps the artist of the song record it was matched to, also when the record changes; but
-- no artist is ever taken away.
select count(*) as violations, min(cast(p.songplay_id as varchar(64))) as example
from songplays p
where p.artist_id is not null
  and not exists (select 1 from artists a where a.artist_id = p.artist_id)

-- file: checks/songplays_id
-- title:    songplays: songplay_id is session_id * 1048576 + an item number
-- severity: error
-- after:    check
select count(*) as violations, min(cast(songplay_id as varchar(64))) as example
from songplays
where songplay_id < session_id * 1048576
   or songplay_id >= (session_id + 1) * 1048576
   or session_id < 0

-- file: checks/songplays_key
-- title:    songplays: songplay_id is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(songplay_id as varchar(64))) as example
from (
    select songplay_id from songplays group by songplay_id having count(*) > 1
) repeated

-- file: checks/songplays_match_whole
-- title:    songplays: song_id and artist_id are set together or not at all
-- severity: error
-- after:    check
select count(*) as violations, min(cast(songplay_id as varchar(64))) as example
from songplays
where (song_id is null and artist_id is not null)
   or (song_id is not null and artist_id is null)

-- file: checks/songplays_song
-- title:    songplays: every song_id is in songs
-- severity: error
-- after:    check
select count(*) as violations, min(cast(p.songplay_id as varchar(64))) as example
from songplays p
where p.song_id is not null
  and not exists (select 1 from songs s where s.song_id = p.song_id)

-- file: checks/songplays_time
-- title:    songplays: every start_time is in time
-- severity: error
-- after:    check
select count(*) as violations, min(cast(p.songplay_id as varchar(64))) as example
from songplays p
where not exists (select 1 from time t where t.start_time = p.start_time)

-- file: checks/songplays_unmatched
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

-- file: checks/songplays_user
-- title:    songplays: every user_id is in users
-- severity: error
-- after:    check
select count(*) as violations, min(cast(p.songplay_id as varchar(64))) as example
from songplays p
where not exists (select 1 from users u where u.user_id = p.user_id)

-- file: checks/songs_artist
-- title:    songs: every artist_id is in artists
-- severity: error
-- after:    check
select count(*) as violations, min(s.song_id) as example
from songs s
where not exists (select 1 from artists a where a.artist_id = s.artist_id)

-- file: checks/songs_key
-- title:    songs: song_id is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(song_id as varchar(64))) as example
from (
    select min(song_id) as song_id from songs group by song_id having count(*) > 1
) repeated

-- file: checks/songs_staged
-- title:    etl_objects: loaded song records are at least the rows of songs
-- severity: error
-- after:    check
select case when counted.loaded >= counted.star then 0 else 1 end as violations,
       cast(counted.loaded as varchar(32)) || ' loaded, ' || cast(counted.star as varchar(32))
           || ' in songs' as example
from (
    select (select coalesce(sum(loaded), 0) from etl_objects where kind = 'song') as loaded,
           (select count(*) from songs) as star
) counted

-- file: checks/time_key
-- title:    time: start_time is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(start_time as varchar(64))) as example
from (
    select start_time from time group by start_time having count(*) > 1
) repeated

-- file: checks/time_parts
-- title:    time: hour, day, week, month, year and weekday are those of start_time
-- severity: error
-- after:    check
select count(*) as violations, min(cast(start_time as varchar(64))) as example
from time
where hour <> extract(hour from start_time)
   or day <> extract(day from start_time)
   or week <> extract(week from start_time)
   or month <> extract(month from start_time)
   or year <> extract(year from start_time)
   or weekday <> extract(dow from start_time)

-- file: checks/time_songplays
-- title:    time: every start_time has a song play
-- severity: error
-- after:    check
select count(*) as violations, min(cast(t.start_time as varchar(64))) as example
from time t
where not exists (select 1 from songplays p where p.start_time = t.start_time)

-- file: checks/unmatched_key
-- title:    unmatched_songplays: songplay_id is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(songplay_id as varchar(64))) as example
from (
    select songplay_id from unmatched_songplays group by songplay_id having count(*) > 1
) repeated

-- file: checks/unmatched_late
-- title:    unmatched_songplays: no song matches, once all songs were held against it
-- severity: error
-- after:    check
select count(*) as violations, min(cast(u.songplay_id as varchar(64))) as example
from unmatched_songplays u
join songs s
  on s.title = u.song
 and s.artist_name = u.artist
 and s.duration = u.length
where not exists (
    select 1
    from etl_objects
    where kind = 'song'
      and run_id > (select coalesce(max(run_id), 0) from etl_runs where late_matches is not null)
)

-- file: checks/users_current
-- title:    users: no song play of a user is later than the user's row
-- severity: error
-- after:    check
select count(*) as violations, min(cast(u.user_id as varchar(64))) as example
from users u
join (
    select user_id, max(start_time) as last_play from songplays group by user_id
) p on p.user_id = u.user_id
where p.last_play > u.last_event_at

-- file: checks/users_key
-- title:    users: user_id is unique
-- severity: error
-- after:    check
select count(*) as violations, min(cast(user_id as varchar(64))) as example
from (
    select user_id from users group by user_id having count(*) > 1
) repeated

-- file: doctor/last_run
-- The newest run, and how many of all plays have no known song.
select r.run_id,
       r.status,
       r.started_at,
       (select count(*) from songplays) as plays,
       (select count(*) from unmatched_songplays) as unmatched,
       (select count(*) from songs) as songs
from etl_runs r
where r.run_id = (select max(run_id) from etl_runs)

-- file: doctor/postgres/rights_missing
-- What of a run's doings the session's role has no right to, as `grant` would say it. Tables that are
-- not there yet will be the role's own.
select privilege, object_name, quote_ident(current_user) as role_name
from (
    select 'create' as privilege,
           'schema ' || quote_ident(current_schema()) as object_name,
           has_schema_privilege(current_schema(), 'create') as is_granted
    union all
    select 'temporary',
           'database ' || quote_ident(current_database()),
           has_database_privilege(current_database(), 'temporary')
    union all
    select p.privilege,
           t.tablename,
           has_table_privilege(quote_ident(t.schemaname) || '.' || quote_ident(t.tablename),
                               p.privilege)
    from pg_tables t
    join (values ('select'), ('insert'), ('update'), ('delete'), ('truncate')) p (privilege)
      on p.privilege = 'select'
      or (p.privilege = 'insert' and t.tablename <> 'etl_schema')
      or (p.privilege = 'update' and t.tablename in ('songplays', 'etl_runs'))
      or (p.privilege = 'delete'
          and t.tablename in ('users', 'songs', 'artists', 'unmatched_songplays', 'staging_events',
                              'staging_songs', 'etl_drift', 'etl_loading_events',
                              'etl_loading_songs'))
      or (p.privilege = 'truncate'
          and t.tablename in ('etl_loading_events', 'etl_loading_songs'))
    where t.schemaname = current_schema()
      and t.tablename in ('songplays', 'users', 'songs', 'artists', 'time', 'unmatched_songplays',
                          'staging_events', 'staging_songs', 'etl_runs', 'etl_objects',
                          'etl_rejects', 'etl_drift', 'etl_schema', 'etl_loading_events',
                          'etl_loading_songs')
) rights
where not is_granted
order by object_name collate "C", privilege collate "C"

-- file: doctor/postgres/server
select 'PostgreSQL ' || current_setting('server_version') as version,
       case when pg_is_in_recovery() then 'false' else 'true' end as takes_writes

-- file: late/apply_matches
update songplays
set song_id = m.song_id, artist_id = m.artist_id
from pg_temp.late_matches m
where songplays.songplay_id = m.songplay_id

-- file: late/find_matches
-- Late songs: every unmatched play is held against all songs.
drop table if exists pg_temp.late_matches;
create temporary table late_matches as
select u.songplay_id, m.song_id, m.artist_id
from unmatched_songplays u
join (
    select title, artist_name, duration, song_id, artist_id,
           row_number() over (
               partition by title, artist_name, duration order by song_id collate "C"
           ) as nth
    from songs
) m
  on m.nth = 1
 and m.title = u.song
 and m.artist_name = u.artist
 and m.duration = u.length

-- file: late/remove_matched
delete from unmatched_songplays
where songplay_id in (select songplay_id from pg_temp.late_matches);
drop table pg_temp.late_matches

-- file: meta/abort_open_runs
-- Runs that a kill left open.
update etl_runs
set status = 'aborted', finished_at = cast($1 as timestamp)
where status = 'running'

-- file: meta/add_late_matches
-- Of an earlier run that ended amid its songs: another one has held the plays against them.
update etl_runs
set late_matches = coalesce(late_matches, 0) + cast($2 as bigint)
where run_id = cast($1 as bigint)

-- file: meta/add_to_run
-- A group's part of the run's totals, in the group's own transaction.
update etl_runs
set objects = objects + cast($2 as bigint),
    bytes = bytes + cast($3 as bigint),
    events = events + cast($4 as bigint),
    songs = songs + cast($5 as bigint),
    plays = plays + cast($6 as bigint),
    duplicates = duplicates + cast($7 as bigint),
    rejects = rejects + cast($8 as bigint)
where run_id = cast($1 as bigint)

-- file: meta/applied_in_group
-- The ledger, read again under the group's lock: objects that another run applied meanwhile.
select o.object_no
from pg_temp.loading_objects o
join etl_objects k on k.uri = o.uri and k.etag = o.etag
order by o.object_no

-- file: meta/begin_run
insert into etl_runs
    (run_id, started_at, finished_at, status, objects, bytes, events, songs, plays, duplicates,
     rejects, failed_objects, late_matches, version)
values (cast($1 as bigint), cast($2 as timestamp), null, 'running', 0, 0, 0, 0, 0, 0, 0, 0, null,
        cast($3 as varchar))

-- file: meta/clear_drift
delete from etl_drift where run_id = $1

-- file: meta/clear_loading_objects
delete from pg_temp.loading_objects

-- file: meta/finish_run
update etl_runs
set status = cast($2 as varchar),
    finished_at = cast($3 as timestamp),
    failed_objects = cast($4 as bigint)
where run_id = cast($1 as bigint)

-- file: meta/forget_late_matches
-- Songs are applied: runs that came later, where several go on at once, have held the unmatched
-- plays against songs without these.
update etl_runs
set late_matches = null
where run_id >= cast($1 as bigint) and late_matches is not null

-- file: meta/group_totals
-- What the group's receipts add up to; `unbalanced` must be 0.
select count(*) as objects,
       coalesce(sum(k.size_bytes), 0) as bytes,
       coalesce(sum(case when k.kind = 'log' then k.records else 0 end), 0) as log_records,
       coalesce(sum(case when k.kind = 'song' then k.records else 0 end), 0) as song_records,
       coalesce(sum(k.duplicates), 0) as duplicates,
       coalesce(sum(k.rejects), 0) as rejects,
       coalesce(sum(case when k.records <> k.loaded + k.duplicates + k.rejects then 1 else 0 end), 0)
           as unbalanced
from etl_objects k
join pg_temp.loading_objects o on o.uri = k.uri and o.etag = k.etag
where k.run_id = $1

-- file: meta/known_objects
-- What is loaded; and whether it is songs that no unmatched play was held against yet.
select uri, etag, kind,
       case when kind = 'song'
                 and run_id > (select coalesce(max(run_id), 0)
                               from etl_runs
                               where late_matches is not null)
            then 1 else 0 end as is_waiting
from etl_objects

-- file: meta/receipt
select count(*)
from etl_objects
where run_id = cast($1 as bigint)
  and uri = cast($2 as varchar(8192))
  and etag = cast($3 as varchar(256))

-- file: meta/record_objects
-- The group's receipts. `loaded` is counted from the staged rows, `records` by the decoder: that
-- they agree is checked before the commit. Where rows went straight into the star, `staged` has how
-- many events were taken from the object.
insert into etl_objects
    (uri, etag, size_bytes, run_id, records, loaded, duplicates, rejects, kind)
select o.uri,
       o.etag,
       o.size_bytes,
       cast($1 as bigint),
       o.records,
       coalesce(o.staged, s.staged, 0) - coalesce(f.duplicates, 0) - coalesce(f.conflicts, 0),
       coalesce(f.duplicates, 0),
       o.decode_rejects + coalesce(f.conflicts, 0),
       o.kind
from pg_temp.loading_objects o
left join (
    select object_no, count(*) as staged
    from (
        select object_no from etl_loading_events
        union all
        select object_no from etl_loading_songs
    ) staged_rows
    group by object_no
) s on s.object_no = o.object_no
left join (
    select object_no,
           sum(case when is_conflict then 0 else 1 end) as duplicates,
           sum(case when is_conflict then 1 else 0 end) as conflicts
    from pg_temp.play_faults
    group by object_no
) f on f.object_no = o.object_no

-- file: meta/run_row
-- What is known of one run: the answer to an unknown commit.
select status, late_matches, started_at from etl_runs where run_id = cast($1 as bigint)

-- file: meta/run_state
-- What a run has to know before it plans: the next id, runs left open, and the last run whose songs
-- no unmatched play was held against yet.
select (select coalesce(max(run_id), 0) + 1 from etl_runs) as next_run_id,
       (select count(*) from etl_runs where status = 'running') as open_runs,
       (select coalesce(max(run_id), 0)
        from etl_objects
        where kind = 'song'
          and run_id > (select coalesce(max(run_id), 0)
                        from etl_runs
                        where late_matches is not null)) as late_songs_run

-- file: meta/set_late_matches
-- The songs of later runs, where several go on at once, are among those that plays were held against.
update etl_runs
set late_matches = case
        when run_id = cast($1 as bigint) then cast($2 as bigint)
        else coalesce(late_matches, 0)
    end
where run_id >= cast($1 as bigint)

-- file: meta/staged_counts
-- The group's well-formed records: all that were not rejected when they were decoded.
select coalesce(sum(case when kind = 'log' then records - decode_rejects else 0 end), 0) as events,
       coalesce(sum(case when kind = 'song' then records - decode_rejects else 0 end), 0) as songs
from pg_temp.loading_objects

-- file: rejects/list
-- Rejects, oldest first; every filter may be null.
select r.run_id, r.uri, r.line, r.byte_offset, r.column_name, r.reason, r.raw_text
from etl_rejects r
where (cast($1 as bigint) is null or r.run_id = cast($1 as bigint))
  and (cast($2 as varchar(64)) is null or r.reason = cast($2 as varchar(64)))
  and (cast($3 as varchar(64)) is null or r.column_name = cast($3 as varchar(64)))
  and (cast($4 as varchar(8192)) is null or position(cast($4 as varchar(8192)) in r.uri) > 0)
order by r.run_id, r.uri collate "C", r.byte_offset, r.record_no
limit $5

-- file: rejects/summary
-- How many rejects the filters leave, by reason and column.
select r.reason, r.column_name, count(*) as rejects
from etl_rejects r
where (cast($1 as bigint) is null or r.run_id = cast($1 as bigint))
  and (cast($2 as varchar(64)) is null or r.reason = cast($2 as varchar(64)))
  and (cast($3 as varchar(64)) is null or r.column_name = cast($3 as varchar(64)))
  and (cast($4 as varchar(8192)) is null or position(cast($4 as varchar(8192)) in r.uri) > 0)
group by r.reason, r.column_name
order by rejects desc, r.reason collate "C", r.column_name collate "C"

-- file: reports/active_users
-- title: Active users
-- place: 2
-- chart: line
-- levels: own
-- definition: Users who started at least one song: on the day, in the 7 days and in the 30 days
-- definition: that end with it, each user once. Stickiness is daily divided by monthly. A user who
-- definition: had both levels in that time is in the count of each, and once in that of all. Days
-- definition: whose 30 days have no play are left out; in the first 29 days the span is not full
-- definition: yet.
with user_days as (
    select distinct
           cast(start_time as date) as day,
           user_id,
           coalesce(level, 'unknown') as level
    from songplays
),
by_level as (
    select distinct day, user_id, 'all' as level from user_days
    union all
    select day, user_id, level from user_days where level <> 'all'
),
-- A user counts from an active day until the span after it ends or the next active day begins, so
-- that nobody counts twice: what remains is to add up who comes and who goes.
spells as (
    select level, day, lead(day) over (partition by level, user_id order by day) as next_day
    from by_level
),
comings_and_goings as (
    select level, day, 1 as daily, 1 as weekly, 1 as monthly
    from spells
    union all
    select level, day + 1, -1, 0, 0
    from spells
    union all
    select level, case when next_day < day + 7 then next_day else day + 7 end, 0, -1, 0
    from spells
    union all
    select level, case when next_day < day + 30 then next_day else day + 30 end, 0, 0, -1
    from spells
),
changes as (
    select level, day, sum(daily) as daily, sum(weekly) as weekly, sum(monthly) as monthly
    from comings_and_goings
    group by level, day
),
digits as (
    select 0 as n union all select 1 union all select 2 union all select 3 union all select 4
    union all select 5 union all select 6 union all select 7 union all select 8 union all select 9
),
later as (
    select units.n + 10 * tens.n as days
    from digits units
    cross join digits tens
    where units.n + 10 * tens.n <= 30
),
calendar as (
    select distinct active.day + later.days as day
    from (select distinct day from user_days) active
    cross join later
),
running as (
    select l.level,
           c.day,
           sum(coalesce(ch.daily, 0))
               over (partition by l.level order by c.day rows unbounded preceding) as daily,
           sum(coalesce(ch.weekly, 0))
               over (partition by l.level order by c.day rows unbounded preceding) as weekly,
           sum(coalesce(ch.monthly, 0))
               over (partition by l.level order by c.day rows unbounded preceding) as monthly
    from calendar c
    cross join (select distinct level from by_level) l
    left join changes ch on ch.level = l.level and ch.day = c.day
)
select day,
       level as level,
       cast(daily as bigint) as daily,
       cast(weekly as bigint) as weekly,
       cast(monthly as bigint) as monthly
from running
where monthly > 0
  and day <= (select max(day) from user_days)
order by day desc, level collate "C"

-- file: reports/concurrency
-- title: Sessions at once
-- place: 10
-- chart: heatmap
-- levels: none
-- long_range: week
-- definition: The most sessions that were under way at one moment of each hour (UTC). A session (a
-- definition: user's plays with one session id) is under way from the start of its first song to
-- definition: the start of its last. Hours in which no song was started are left out. Where the
-- definition: data go over more than 120 days, it is the most of that hour in the week whose
-- definition: Monday is day.
with sessions as (
    select min(start_time) as first_play, max(start_time) as last_play
    from songplays
    group by session_id, user_id
),
-- An hour's beginning stands before the starts of its moment, so that it shows what was under way
-- already; ends stand behind.
moments as (
    select distinct date_trunc('hour', start_time) as at_time, 0 as kind, 0 as change
    from songplays
    union all
    select first_play, 1, 1 from sessions
    union all
    select last_play, 2, -1 from sessions
),
running as (
    select at_time,
           kind,
           sum(change) over (order by at_time, kind rows unbounded preceding) as under_way
    from moments
),
span as (
    select cast(max(start_time) as date) - cast(min(start_time) as date) as days from songplays
)
select day, hour, cast(max(under_way) as bigint) as peak
from (
    select case when s.days > 120 then cast(date_trunc('week', r.at_time) as date)
                else cast(r.at_time as date) end as day,
           cast(extract(hour from r.at_time) as integer) as hour,
           r.under_way
    from running r
    cross join span s
    where r.kind < 2
) seen
group by day, hour
order by day desc, hour

-- file: reports/devices
-- title: What people listen with
-- place: 9
-- chart: bars
-- levels: sum
-- long_range: week
-- definition: Songs started with each browser, system and kind of device, as the browser's user
-- definition: agent tells; what it does not tell is Other, and unknown if the log has none. Where
-- definition: the data go over more than 120 days, day is the Monday of the week.
with span as (
    select cast(max(start_time) as date) - cast(min(start_time) as date) as days from songplays
),
agents as (
    select day, level, agent, count(*) as plays
    from (
        select case when s.days > 120 then cast(date_trunc('week', p.start_time) as date)
                    else cast(p.start_time as date) end as day,
               coalesce(p.level, 'unknown') as level,
               coalesce(p.user_agent, '') as agent
        from songplays p
        cross join span s
    ) started
    group by day, level, agent
),
named as (
    select day,
           level,
           plays,
           case when agent = '' then 'unknown'
                when agent like '%Edge/%' or agent like '%Edg/%' then 'Edge'
                when agent like '%OPR/%' or agent like '%Opera%' then 'Opera'
                when agent like '%Firefox/%' or agent like '%FxiOS/%' then 'Firefox'
                when agent like '%Chrome/%' or agent like '%CriOS/%' then 'Chrome'
                when agent like '%MSIE %' or agent like '%Trident/%' then 'Internet Explorer'
                when agent like '%Safari/%' then 'Safari'
                else 'Other' end as browser,
           case when agent = '' then 'unknown'
                when agent like '%Windows%' then 'Windows'
                when agent like '%iPhone%' or agent like '%iPad%' or agent like '%iPod%' then 'iOS'
                when agent like '%Macintosh%' then 'macOS'
                when agent like '%Android%' then 'Android'
                when agent like '%Linux%' or agent like '%X11%' then 'Linux'
                else 'Other' end as "system",
           case when agent = '' then 'unknown'
                when agent like '%Windows%' and agent not like '%Phone%' then 'Computer'
                when agent like '%iPad%' then 'Tablet'
                when agent like '%Android%' and agent not like '%Mobile%' then 'Tablet'
                when agent like '%iPhone%' or agent like '%iPod%' or agent like '%Mobile%'
                    then 'Phone'
                when agent like '%Macintosh%' or agent like '%Linux%' or agent like '%X11%'
                    then 'Computer'
                else 'Other' end as device
    from agents
)
select day,
       level as level,
       browser,
       "system",
       device,
       plays
from (
    select day, level, browser, "system", device, cast(sum(plays) as bigint) as plays
    from named
    group by day, level, browser, "system", device
) counted
order by day desc, plays desc, browser collate "C", "system" collate "C", device collate "C",
         level collate "C"

-- file: reports/level_changes
-- title: Upgrades and downgrades
-- place: 3
-- chart: bars
-- levels: none
-- definition: Changes of users' levels on each day: an upgrade is a user's first song at level
-- definition: paid after one at level free, a downgrade the reverse. Songs without a level are
-- definition: passed over. Days without a change are left out.
with user_days as (
    select user_id,
           cast(start_time as date) as day,
           min(start_time) as first_play,
           min(songplay_id) as first_id,
           min(level collate "C") as least_level,
           max(level collate "C") as greatest_level
    from songplays
    where level is not null
    group by user_id, cast(start_time as date)
),
-- Of a day at one level its first play is enough; of others all are looked at.
steps as (
    select user_id, first_play as at_time, first_id as songplay_id, least_level as level
    from user_days
    where least_level = greatest_level
    union all
    select p.user_id, p.start_time, p.songplay_id, p.level
    from songplays p
    join user_days d on d.user_id = p.user_id and d.day = cast(p.start_time as date)
    where d.least_level <> d.greatest_level
),
changes as (
    select cast(at_time as date) as day, level, level_before
    from (
        select at_time,
               level,
               lag(level) over (partition by user_id order by at_time, songplay_id)
                   as level_before
        from steps
    ) ordered_steps
    where level <> level_before
)
select day, upgrades, downgrades
from (
    select day,
           count(case when level = 'paid'
                       and level_before = 'free' then 1 end) as upgrades,
           count(case when level = 'free'
                       and level_before = 'paid' then 1 end) as downgrades
    from changes
    group by day
) counted
where upgrades + downgrades > 0
order by day desc

-- file: reports/match_rate
-- title: Plays that the catalogue knows
-- place: 11
-- chart: line
-- levels: sum
-- definition: matched: plays whose title, artist's name and length are those of a song in the
-- definition: catalogue. The match rate is matched divided by plays.
select day, level as level, plays, matched
from (
    select day, level, count(*) as plays, count(song_id) as matched
    from (
        select cast(start_time as date) as day,
               coalesce(level, 'unknown') as level,
               song_id
        from songplays
    ) started
    group by day, level
) counted
order by day desc, level collate "C"

-- file: reports/places
-- title: Where people listen
-- place: 8
-- chart: map
-- levels: sum
-- long_range: month
-- definition: The 40 places in which most songs were started, as the app's logs name them. Where
-- definition: the data go over more than 120 days, day is the first of the month.
with leaders as (
    select place, count(*) as plays
    from (select coalesce(location, 'unknown') as place from songplays) located
    group by place
    order by plays desc, place collate "C", char_length(place)
    limit 40
),
span as (
    select cast(max(start_time) as date) - cast(min(start_time) as date) as days from songplays
)
select day,
       level as level,
       place as place,
       plays
from (
    select day, level, place, count(*) as plays
    from (
        select case when s.days > 120 then cast(date_trunc('month', p.start_time) as date)
                    else cast(p.start_time as date) end as day,
               coalesce(p.level, 'unknown') as level,
               l.place
        from songplays p
        join leaders l on l.place = coalesce(p.location, 'unknown')
        cross join span s
    ) started
    group by day, level, place
) counted
order by day desc, plays desc, place collate "C", char_length(place),
         level collate "C"

-- file: reports/plays_by_hour
-- title: When people listen
-- place: 1
-- chart: heatmap
-- levels: sum
-- definition: Songs started in each hour of each day, in UTC. A song counts in the hour in which
-- definition: it was started, and for the level that the user had then.
select day, level as level, hour, plays
from (
    select day, level, hour, count(*) as plays
    from (
        select cast(start_time as date) as day,
               coalesce(level, 'unknown') as level,
               cast(extract(hour from start_time) as integer) as hour
        from songplays
    ) started
    group by day, level, hour
) counted
order by day desc, hour, level collate "C"

-- file: reports/retention
-- title: Who comes back
-- place: 7
-- chart: retention
-- levels: none
-- definition: A cohort is the users whose first song ever was started in one week (Monday to
-- definition: Sunday, UTC), named by its Monday. Week 0 is that week, week 1 the next. users:
-- definition: those of the cohort who started a song in the week; weeks in which nobody did are
-- definition: left out. The newest week may not be over yet.
with user_weeks as (
    select distinct user_id, cast(date_trunc('week', start_time) as date) as monday
    from songplays
),
firsts as (
    select user_id, min(monday) as cohort
    from user_weeks
    group by user_id
),
sizes as (
    select cohort, count(*) as cohort_users
    from firsts
    group by cohort
),
counted as (
    select f.cohort, w.monday, count(*) as users
    from user_weeks w
    join firsts f on f.user_id = w.user_id
    group by f.cohort, w.monday
)
select c.cohort,
       cast((c.monday - c.cohort) / 7 as integer) as week,
       c.users,
       s.cohort_users
from counted c
join sizes s on s.cohort = c.cohort
order by c.cohort desc, week

-- file: reports/session_lengths
-- title: How long sessions last
-- place: 6
-- chart: histogram
-- levels: sum
-- long_range: month
-- definition: A session is a user's plays with one session id. Its length is from the start of its
-- definition: first song to the start of its last, in whole minutes (seconds' fractions are left
-- definition: out), so that a session of one song has length 0. It counts on the day of its first
-- definition: song; one with songs at both levels counts as paid. Where the data go over more than
-- definition: 120 days, day is the first of the month.
with sessions as (
    select min(start_time) as first_play,
           max(start_time) as last_play,
           coalesce(max(level collate "C"), 'unknown') as level
    from songplays
    group by session_id, user_id
),
span as (
    select cast(max(start_time) as date) - cast(min(start_time) as date) as days from songplays
),
measured as (
    select case when s.days > 120 then cast(date_trunc('month', e.first_play) as date)
                else cast(e.first_play as date) end as day,
           e.level,
           cast(floor((
               cast(extract(epoch from date_trunc('second', e.last_play)) as bigint)
               - cast(extract(epoch from date_trunc('second', e.first_play)) as bigint)
           ) / 60.0) as bigint) as minutes
    from sessions e
    cross join span s
)
select day, level as level, minutes, sessions
from (
    select day, level, minutes, count(*) as sessions
    from measured
    group by day, level, minutes
) counted
order by day desc, minutes, level collate "C"

-- file: reports/top_artists
-- title: Top artists
-- place: 5
-- chart: top
-- levels: sum
-- long_range: week
-- definition: The 30 artists whose songs were started most often, and the 30 of each level, of the
-- definition: 1,000 that were started most often of all. An artist is a name: that of the
-- definition: catalogue's song, or the log's own text where no song matched the play. Where the
-- definition: data go over more than 120 days, day is the Monday of the week.
with totals as (
    select artist, sum(plays) as plays
    from (
        select s.artist_name as artist, p.plays
        from (
            select song_id, count(*) as plays
            from songplays
            where song_id is not null
            group by song_id
        ) p
        join songs s on s.song_id = p.song_id
        union all
        select artist, count(*)
        from (select artist as artist from unmatched_songplays) texts
        group by artist
    ) each_kind
    group by artist
),
-- From here on each has a number, in the order of the names.
popular as (
    select row_number() over (order by artist collate "C", char_length(artist)) as number,
           artist,
           row_number() over (
               order by plays desc, artist collate "C", char_length(artist)
           ) as nth
    from (
        select artist, plays
        from totals
        order by plays desc, artist collate "C", char_length(artist)
        limit 1000
    ) most_played
),
known as (
    select s.song_id as song_id, o.number
    from songs s
    join popular o on o.artist = s.artist_name
),
started as (
    select p.start_time, p.level, k.number
    from songplays p
    join known k on k.song_id = p.song_id
    union all
    select p.start_time, p.level, o.number
    from unmatched_songplays u
    join popular o on o.artist = u.artist
    join songplays p on p.songplay_id = u.songplay_id
),
span as (
    select cast(max(start_time) as date) - cast(min(start_time) as date) as days from songplays
),
by_day as (
    select day, level, number, count(*) as plays
    from (
        select case when s.days > 120 then cast(date_trunc('week', p.start_time) as date)
                    else cast(p.start_time as date) end as day,
               coalesce(p.level, 'unknown') as level,
               p.number
        from started p
        cross join span s
    ) dated
    group by day, level, number
),
leaders as (
    select number from popular where nth <= 30
    union
    select number
    from (
        select number,
               row_number() over (partition by level order by sum(plays) desc, number) as nth
        from by_day
        group by level, number
    ) ranked
    where nth <= 30
)
select b.day,
       b.level as level,
       o.artist as artist,
       b.plays
from by_day b
join leaders l on l.number = b.number
join popular o on o.number = b.number
order by b.day desc, b.plays desc, b.number, b.level collate "C"

-- file: reports/top_songs
-- title: Top songs
-- place: 4
-- chart: top
-- levels: sum
-- long_range: week
-- definition: The 30 songs that were started most often, and the 30 of each level, of the 1,000
-- definition: that were started most often of all. A song is a title and an artist's name; where
-- definition: no song of the catalogue matched the play, they are the log's own text. Where the
-- definition: data go over more than 120 days, day is the Monday of the week.
with totals as (
    select song, artist, sum(plays) as plays
    from (
        select s.title as song, s.artist_name as artist, p.plays
        from (
            select song_id, count(*) as plays
            from songplays
            where song_id is not null
            group by song_id
        ) p
        join songs s on s.song_id = p.song_id
        union all
        select song, artist, count(*)
        from (
            select song as song, artist as artist from unmatched_songplays
        ) texts
        group by song, artist
    ) each_kind
    group by song, artist
),
-- From here on each has a number, in the order of the names.
popular as (
    select row_number() over (
               order by song collate "C", char_length(song),
                        artist collate "C", char_length(artist)
           ) as number,
           song,
           artist,
           row_number() over (
               order by plays desc,
                        song collate "C", char_length(song),
                        artist collate "C", char_length(artist)
           ) as nth
    from (
        select song, artist, plays
        from totals
        order by plays desc,
                 song collate "C", char_length(song),
                 artist collate "C", char_length(artist)
        limit 1000
    ) most_played
),
known as (
    select s.song_id as song_id, o.number
    from songs s
    join popular o on o.song = s.title and o.artist = s.artist_name
),
started as (
    select p.start_time, p.level, k.number
    from songplays p
    join known k on k.song_id = p.song_id
    union all
    select p.start_time, p.level, o.number
    from unmatched_songplays u
    join popular o on o.song = u.song and o.artist = u.artist
    join songplays p on p.songplay_id = u.songplay_id
),
span as (
    select cast(max(start_time) as date) - cast(min(start_time) as date) as days from songplays
),
by_day as (
    select day, level, number, count(*) as plays
    from (
        select case when s.days > 120 then cast(date_trunc('week', p.start_time) as date)
                    else cast(p.start_time as date) end as day,
               coalesce(p.level, 'unknown') as level,
               p.number
        from started p
        cross join span s
    ) dated
    group by day, level, number
),
leaders as (
    select number from popular where nth <= 30
    union
    select number
    from (
        select number,
               row_number() over (partition by level order by sum(plays) desc, number) as nth
        from by_day
        group by level, number
    ) ranked
    where nth <= 30
)
select b.day,
       b.level as level,
       o.song as song,
       o.artist as artist,
       b.plays
from by_day b
join leaders l on l.number = b.number
join popular o on o.number = b.number
order by b.day desc, b.plays desc, b.number, b.level collate "C"

-- file: reports/unmatched_songs
-- title: What to add to the catalogue
-- place: 12
-- chart: table
-- levels: none
-- definition: The 50 songs that were started most often of those that no song of the catalogue
-- definition: matched, in the log's own text, with how many users started them.
with leaders as (
    select song, artist, count(*) as plays
    from (select song as song, artist as artist from unmatched_songplays) texts
    group by song, artist
    order by plays desc,
             song collate "C", char_length(song),
             artist collate "C", char_length(artist)
    limit 50
),
listeners as (
    select l.song, l.artist, count(distinct p.user_id) as users
    from unmatched_songplays u
    join leaders l on l.song = u.song and l.artist = u.artist
    join songplays p on p.songplay_id = u.songplay_id
    group by l.song, l.artist
)
select l.song as song,
       l.artist as artist,
       l.plays,
       n.users
from leaders l
join listeners n on n.song = l.song and n.artist = l.artist
order by l.plays desc,
         l.song collate "C", char_length(l.song),
         l.artist collate "C", char_length(l.artist)

-- file: reports/users_at_risk
-- title: Users at risk of leaving
-- place: 13
-- chart: table
-- levels: none
-- definition: Users who listened and have nearly stopped: at least 10 plays in the 21 days before
-- definition: the last 7 days of the data (plays_before), and in these 7 (plays_lately) at most
-- definition: a quarter as many a day. The 50 with most plays before are listed. level
-- definition: is the user's level now.
with newest as (
    select cast(max(start_time) as date) as day from songplays
),
recent as (
    select p.user_id,
           max(p.start_time) as last_play,
           sum(case when cast(p.start_time as date) <= n.day - 7 then 1 else 0 end) as plays_before,
           sum(case when cast(p.start_time as date) > n.day - 7 then 1 else 0 end) as plays_lately
    from songplays p
    cross join newest n
    where cast(p.start_time as date) > n.day - 28
    group by p.user_id
),
ranked as (
    select user_id,
           last_play,
           plays_before,
           plays_lately,
           row_number() over (order by plays_before desc, user_id) as nth
    from recent
    where plays_before >= 10
      and plays_lately * 12 <= plays_before
)
select r.user_id,
       trim(both ' ' from coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, '')) as name,
       coalesce(u.level, 'unknown') as level,
       r.last_play,
       cast(r.plays_before as bigint) as plays_before,
       cast(r.plays_lately as bigint) as plays_lately
from ranked r
left join users u on u.user_id = r.user_id
where r.nth <= 50
order by r.nth

-- file: session/commit
commit

-- file: session/postgres/analyze_loading
-- A small sample of what was staged, so that sizes are known where plans are made.
analyze etl_loading_events (page, user_id, session_id, item_in_session, ts)

-- file: session/postgres/begin
-- Whatever the database's defaults are: each statement sees what is committed, and may write.
begin transaction isolation level read committed read write

-- file: session/postgres/begin_reading
begin transaction isolation level repeatable read read only

-- file: session/postgres/end_backend
-- Ends the server's part of a session of ours whose connection was lost.
select pg_terminate_backend(pid) as is_ended
from pg_stat_activity
where pid = cast($1 as integer)
  and application_name = $2

-- file: session/postgres/limit_reading
-- Nobody waits for an answer for longer; in milliseconds.
set statement_timeout = 300000

-- file: session/postgres/loading_tables
-- Where a group's rows are staged: emptied, outside the group's transaction, as other connections
-- fill them. Unlogged: what they hold means nothing after a crash. They have the columns of the
-- contract's staging tables. A logged table of these names is somebody else's.
create unlogged table if not exists etl_loading_events (like staging_events);
create unlogged table if not exists etl_loading_songs (like staging_songs);
do $$
begin
    if exists (
        select 1
        from pg_class
        where relnamespace = (select oid from pg_namespace where nspname = current_schema())
          and relname in ('etl_loading_events', 'etl_loading_songs')
          and relpersistence <> 'u'
    ) then
        raise exception 'etl_loading_events or etl_loading_songs is a table of somebody else'
            using errcode = '42P07', hint = 'rename it, or choose another schema';
    end if;
end
$$;
truncate etl_loading_events, etl_loading_songs

-- file: session/postgres/lock_holder
-- Who holds the lock of the schema: each run's session tells in its name.
select a.application_name, a.pid
from pg_locks l
join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory'
  and l.database = (select oid from pg_database where datname = current_database())
  and l.classid = 1936744818
  and l.objid = cast(cast(hashtext($1) as bigint) & 4294967295 as oid)
  and l.objsubid = 2
  and l.granted

-- file: session/postgres/release_loading
select pg_advisory_unlock(1936744818 + 1, hashtext($1))

-- file: session/postgres/search_path
-- Our tables are found in one schema, and nothing of ours is looked for elsewhere.
select set_config('search_path', quote_ident($1) || ', pg_temp', false)

-- file: session/postgres/server
-- What we have to know of a server before anything else.
select current_setting('server_version_num') as version_number,
       current_setting('server_version') as version,
       current_setting('server_encoding') as encoding,
       (select count(*) from pg_namespace where nspname = $1) as has_schema,
       (select has_schema_privilege(oid, 'usage') from pg_namespace where nspname = $1) as may_enter,
       pg_is_in_recovery() as is_standby

-- file: session/postgres/share_loading
-- Held by every further connection of a run for as long as it lives; the next run waits for its end.
select pg_advisory_lock_shared(1936744818 + 1, hashtext($1))

-- file: session/postgres/start
-- What every session of ours needs, whatever the role's and the database's settings are.
set statement_timeout = 0;
set client_min_messages = warning;
set timezone = 'UTC';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set extra_float_digits = 1;
set bytea_output = 'hex';
set standard_conforming_strings = on;
select set_config(name, '0', false)
from pg_settings
where name in ('idle_in_transaction_session_timeout', 'idle_session_timeout',
               'transaction_timeout');
set tcp_keepalives_idle = 30;
set tcp_keepalives_interval = 10;
set tcp_keepalives_count = 3;
set jit = off

-- file: session/postgres/start_helper
-- For the sessions beside a run's leading one. They want nothing that the leading one does not have
-- already, so they only wait when somebody has queued between the two; then nobody would go on, and
-- no server sees it. The group is tried again behind whoever that is.
set lock_timeout = '2s'

-- file: session/postgres/start_loading
-- For the sessions of a run: joins and aggregates over a group stay in memory, and are hashed. What
-- was just staged has hardly any statistics, and a loop chosen by mistake takes hours where a hash
-- table takes seconds.
set session characteristics as transaction isolation level read committed read write;
set work_mem = '256MB';
set maintenance_work_mem = '256MB';
set enable_nestloop = off;
set enable_mergejoin = off;
set default_statistics_target = 10;
-- From version 14 on: a statement ends soon after the run that asked for it was killed.
select set_config(name, '1000', false)
from pg_settings
where name = 'client_connection_check_interval'

-- file: session/postgres/still_there
-- Nothing but a question to which only a session that is there has an answer.
select 1 as is_there

-- file: session/postgres/tidy
-- After a run: the block ranges of our indexes know the new blocks, and the planner knows how large
-- tables are that have grown by more than a quarter; autovacuum may come too late for the next run.
-- Who holds a table for longer, such as VACUUM, does that itself or leaves it for the next run.
set lock_timeout = '1s';
select brin_summarize_new_values(cast(i.oid as regclass)) as ranges
from pg_class i
join pg_am a on a.oid = i.relam and a.amname = 'brin'
join pg_index x on x.indexrelid = i.oid
join pg_class t on t.oid = x.indrelid
where t.relnamespace = (select oid from pg_namespace where nspname = current_schema())
  and pg_has_role(t.relowner, 'usage')
  and t.relname in ('songplays', 'unmatched_songplays', 'time');
do $$
declare
    grown regclass;
begin
    for grown in
        select cast(oid as regclass)
        from pg_class
        where relnamespace = (select oid from pg_namespace where nspname = current_schema())
          and pg_has_role(relowner, 'usage')
          and relname in ('songplays', 'unmatched_songplays', 'time', 'users', 'songs', 'artists',
                          'etl_objects')
          and relkind = 'r'
          and pg_relation_size(oid) / 8192 > greatest(relpages, 0) * 1.25 + 100
    loop
        execute format('analyze %s', grown);
    end loop;
end
$$;
reset lock_timeout

-- file: session/postgres/transaction_id
select cast(pg_current_xact_id_if_assigned() as varchar) as transaction_id

-- file: session/postgres/transaction_status
select pg_xact_status(cast($1 as xid8)) as status

-- file: session/postgres/try_loading
-- Whether no connection of an earlier run is left that might still fill the loading tables.
select pg_try_advisory_lock(1936744818 + 1, hashtext($1)) as is_taken

-- file: session/postgres/try_lock
-- One run at a time in a schema. The lock goes with the session, however it ends.
select pg_try_advisory_lock(1936744818, hashtext($1)) as is_taken

-- file: session/rollback
rollback

-- file: shell/columns
-- The tables and views of the warehouse that this user may read, a row for each column.
select t.table_name,
       case t.table_type when 'VIEW' then 'view' else 'table' end as kind,
       c.column_name,
       c.data_type,
       c.is_nullable
from information_schema.tables t
join information_schema.columns c
  on c.table_catalog = t.table_catalog
 and c.table_schema = t.table_schema
 and c.table_name = t.table_name
where t.table_catalog = current_database()
  and t.table_schema = current_schema()
order by t.table_name, c.ordinal_position

-- file: staging/clear_kept
delete from staging_events;
delete from staging_songs

-- file: staging/clear_play_faults
delete from pg_temp.play_faults

-- file: staging/discard_object
-- Takes back what an object that turned out to be damaged had staged.
delete from etl_loading_events where object_no = $1

-- file: staging/discard_song_object
delete from etl_loading_songs where object_no = $1

-- file: staging/group_tables
-- A group's tables that one session alone sees, empty.
create temporary table if not exists loading_objects (
    object_no      integer,
    kind           varchar(8),
    uri            varchar(8192),
    etag           varchar(256),
    size_bytes     bigint,
    records        bigint,
    decode_rejects bigint,
    staged         bigint
);
create temporary table if not exists play_faults (
    object_no   integer,
    record_no   bigint,
    songplay_id bigint,
    is_conflict boolean
);
delete from pg_temp.loading_objects;
delete from pg_temp.play_faults

-- file: staging/keep
-- --keep-staging: the run's last group, to look at.
delete from staging_events;
delete from staging_songs;
insert into staging_events select * from etl_loading_events;
insert into staging_songs select * from etl_loading_songs

-- file: staging/key_conflicts
-- Plays whose id is taken by another play, to be found again in their objects.
select object_no, record_no
from pg_temp.play_faults
where is_conflict
order by object_no, record_no

-- file: staging/play_fault_count
-- How many staged plays are not the first with their songplay_id.
select count(*) as faults from pg_temp.play_faults

-- file: star/artists
-- model: artists
-- grain: one artist; the last applied record replaces the whole row
-- key:   artist_id
-- needs: loading_songs
-- load:  delete_insert
select artist_id, name, location, latitude, longitude
from (
    select artist_id,
           artist_name as name,
           artist_location as location,
           artist_latitude as latitude,
           artist_longitude as longitude,
           row_number() over (
               partition by artist_id order by object_no desc, record_no desc
           ) as nth
    from etl_loading_songs
) ranked
where nth = 1

-- load: star/artists
create temporary table new_artists as
select artist_id, name, location, latitude, longitude
from (
    select artist_id,
           artist_name as name,
           artist_location as location,
           artist_latitude as latitude,
           artist_longitude as longitude,
           row_number() over (
               partition by artist_id order by object_no desc, record_no desc
           ) as nth
    from etl_loading_songs
) ranked
where nth = 1;
delete from artists
where artist_id in (select artist_id from pg_temp.new_artists);
insert into artists
select * from pg_temp.new_artists;
drop table pg_temp.new_artists

-- file: star/play_faults
-- model: play_faults
-- grain: one staged play that is not the first applied with its songplay_id
-- needs: loading_events, songplays
-- load:  temporary
-- Only ids that occur again, in the group or in the warehouse, are ordered: normally none. The range
-- lets a database pass over the blocks that cannot hold any of them.
with staged as (
    select session_id * 1048576 + item_in_session as songplay_id, ts, user_id, object_no, record_no
    from etl_loading_events
    where page = 'NextSong'
),
known as (
    select p.songplay_id, p.start_time, p.user_id
    from songplays p
    where p.songplay_id >= (select min(songplay_id) from staged)
      and p.songplay_id <= (select max(songplay_id) from staged)
      and p.songplay_id in (select songplay_id from staged)
),
repeated as (
    select songplay_id from staged group by songplay_id having count(*) > 1
    union
    select songplay_id from known
),
ordered as (
    select s.songplay_id,
           s.ts,
           s.user_id,
           s.object_no,
           s.record_no,
           row_number() over (
               partition by s.songplay_id order by s.object_no, s.record_no
           ) as nth,
           first_value(s.ts) over (
               partition by s.songplay_id order by s.object_no, s.record_no
               rows between unbounded preceding and current row
           ) as first_ts,
           first_value(s.user_id) over (
               partition by s.songplay_id order by s.object_no, s.record_no
               rows between unbounded preceding and current row
           ) as first_user_id
    from staged s
    where s.songplay_id in (select songplay_id from repeated)
)
select o.object_no,
       o.record_no,
       o.songplay_id,
       not (o.ts = coalesce(k.start_time, o.first_ts)
            and o.user_id = coalesce(k.user_id, o.first_user_id)) as is_conflict
from ordered o
left join known k on k.songplay_id = o.songplay_id
where k.songplay_id is not null or o.nth > 1

-- load: star/play_faults
insert into pg_temp.play_faults
with staged as (
    select session_id * 1048576 + item_in_session as songplay_id, ts, user_id, object_no, record_no
    from etl_loading_events
    where page = 'NextSong'
),
known as (
    select p.songplay_id, p.start_time, p.user_id
    from songplays p
    where p.songplay_id >= (select min(songplay_id) from staged)
      and p.songplay_id <= (select max(songplay_id) from staged)
      and p.songplay_id in (select songplay_id from staged)
),
repeated as (
    select songplay_id from staged group by songplay_id having count(*) > 1
    union
    select songplay_id from known
),
ordered as (
    select s.songplay_id,
           s.ts,
           s.user_id,
           s.object_no,
           s.record_no,
           row_number() over (
               partition by s.songplay_id order by s.object_no, s.record_no
           ) as nth,
           first_value(s.ts) over (
               partition by s.songplay_id order by s.object_no, s.record_no
               rows between unbounded preceding and current row
           ) as first_ts,
           first_value(s.user_id) over (
               partition by s.songplay_id order by s.object_no, s.record_no
               rows between unbounded preceding and current row
           ) as first_user_id
    from staged s
    where s.songplay_id in (select songplay_id from repeated)
)
select o.object_no,
       o.record_no,
       o.songplay_id,
       not (o.ts = coalesce(k.start_time, o.first_ts)
            and o.user_id = coalesce(k.user_id, o.first_user_id)) as is_conflict
from ordered o
left join known k on k.songplay_id = o.songplay_id
where k.songplay_id is not null or o.nth > 1

-- file: star/songplays
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
                   partition by title, artist_name, duration order by song_id collate "C"
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
from etl_loading_events e
left join matchable m
       on m.title = e.song
      and m.artist_name = e.artist
      and m.duration = e.length
left join pg_temp.play_faults f
       on f.object_no = e.object_no
      and f.record_no = e.record_no
where e.page = 'NextSong'
  and f.object_no is null

-- load: star/songplays
insert into songplays
with matchable as (
    select title, artist_name, duration, song_id, artist_id
    from (
        select title, artist_name, duration, song_id, artist_id,
               row_number() over (
                   partition by title, artist_name, duration order by song_id collate "C"
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
from etl_loading_events e
left join matchable m
       on m.title = e.song
      and m.artist_name = e.artist
      and m.duration = e.length
left join pg_temp.play_faults f
       on f.object_no = e.object_no
      and f.record_no = e.record_no
where e.page = 'NextSong'
  and f.object_no is null

-- file: star/songs
-- model: songs
-- grain: one song; the last applied record replaces the whole row
-- key:   song_id
-- needs: loading_songs
-- load:  delete_insert
select song_id, title, artist_id, year, duration, artist_name
from (
    select song_id, title, artist_id, year, duration, artist_name,
           row_number() over (
               partition by song_id order by object_no desc, record_no desc
           ) as nth
    from etl_loading_songs
) ranked
where nth = 1

-- load: star/songs
create temporary table new_songs as
select song_id, title, artist_id, year, duration, artist_name
from (
    select song_id, title, artist_id, year, duration, artist_name,
           row_number() over (
               partition by song_id order by object_no desc, record_no desc
           ) as nth
    from etl_loading_songs
) ranked
where nth = 1;
delete from songs
where song_id in (select song_id from pg_temp.new_songs);
insert into songs
select * from pg_temp.new_songs;
drop table pg_temp.new_songs

-- file: star/time
-- model: time
-- grain: one start_time that a song play has
-- key:   start_time
-- needs: loading_events, play_faults
-- load:  insert
-- units: UTC; week ISO 8601; weekday 0 = Sunday
with staged as (
    select distinct e.ts as start_time
    from etl_loading_events e
    left join pg_temp.play_faults f
           on f.object_no = e.object_no
          and f.record_no = e.record_no
    where e.page = 'NextSong'
      and f.object_no is null
),
known as (
    select t.start_time
    from time t
    where t.start_time >= (select min(start_time) from staged)
      and t.start_time <= (select max(start_time) from staged)
)
select n.start_time,
       cast(extract(hour from n.start_time) as integer) as hour,
       cast(extract(day from n.start_time) as integer) as day,
       cast(extract(week from n.start_time) as integer) as week,
       cast(extract(month from n.start_time) as integer) as month,
       cast(extract(year from n.start_time) as integer) as year,
       cast(extract(dow from n.start_time) as integer) as weekday
from staged n
left join known k on k.start_time = n.start_time
where k.start_time is null

-- load: star/time
insert into time
with staged as (
    select distinct e.ts as start_time
    from etl_loading_events e
    left join pg_temp.play_faults f
           on f.object_no = e.object_no
          and f.record_no = e.record_no
    where e.page = 'NextSong'
      and f.object_no is null
),
known as (
    select t.start_time
    from time t
    where t.start_time >= (select min(start_time) from staged)
      and t.start_time <= (select max(start_time) from staged)
)
select n.start_time,
       cast(extract(hour from n.start_time) as integer) as hour,
       cast(extract(day from n.start_time) as integer) as day,
       cast(extract(week from n.start_time) as integer) as week,
       cast(extract(month from n.start_time) as integer) as month,
       cast(extract(year from n.start_time) as integer) as year,
       cast(extract(dow from n.start_time) as integer) as weekday
from staged n
left join known k on k.start_time = n.start_time
where k.start_time is null

-- file: star/unmatched_songplays
-- model: unmatched_songplays
-- grain: one play that no song matched, with the log's own text
-- key:   songplay_id
-- needs: loading_events, play_faults, songs
-- load:  insert
select e.session_id * 1048576 + e.item_in_session as songplay_id,
       e.song,
       e.artist,
       e.length
from etl_loading_events e
left join pg_temp.play_faults f
       on f.object_no = e.object_no
      and f.record_no = e.record_no
left join songs s
       on s.title = e.song
      and s.artist_name = e.artist
      and s.duration = e.length
where e.page = 'NextSong'
  and f.object_no is null
  and s.song_id is null

-- load: star/unmatched_songplays
insert into unmatched_songplays
select e.session_id * 1048576 + e.item_in_session as songplay_id,
       e.song,
       e.artist,
       e.length
from etl_loading_events e
left join pg_temp.play_faults f
       on f.object_no = e.object_no
      and f.record_no = e.record_no
left join songs s
       on s.title = e.song
      and s.artist_name = e.artist
      and s.duration = e.length
where e.page = 'NextSong'
  and f.object_no is null
  and s.song_id is null

-- file: star/users
-- model: users
-- grain: one user of the app, as their latest event tells
-- key:   user_id
-- needs: loading_events, play_faults
-- load:  delete_insert
-- Every event with a user counts, whatever its page, duplicates too; conflicting plays do not.
with told as (
    select e.user_id, e.first_name, e.last_name, e.gender, e.level, e.ts,
           e.session_id * 1048576 + e.item_in_session as event_key, e.object_no, e.record_no
    from etl_loading_events e
    left join pg_temp.play_faults f
           on f.is_conflict
          and f.object_no = e.object_no
          and f.record_no = e.record_no
    where e.user_id is not null
      and f.object_no is null
),
latest as (
    select user_id, max(ts) as ts from told group by user_id
),
ranked as (
    select t.user_id, t.first_name, t.last_name, t.gender, t.level, t.ts, t.event_key,
           row_number() over (
               partition by t.user_id
               order by t.event_key desc, t.object_no, t.record_no
           ) as nth
    from told t
    join latest l on l.user_id = t.user_id and l.ts = t.ts
)
select r.user_id,
       r.first_name,
       r.last_name,
       r.gender,
       r.level,
       r.ts as last_event_at,
       r.event_key as last_event_key
from ranked r
left join users u on u.user_id = r.user_id
where r.nth = 1
  and (u.user_id is null
       or r.ts > u.last_event_at
       or (r.ts = u.last_event_at and r.event_key > u.last_event_key))

-- load: star/users
create temporary table new_users as
with told as (
    select e.user_id, e.first_name, e.last_name, e.gender, e.level, e.ts,
           e.session_id * 1048576 + e.item_in_session as event_key, e.object_no, e.record_no
    from etl_loading_events e
    left join pg_temp.play_faults f
           on f.is_conflict
          and f.object_no = e.object_no
          and f.record_no = e.record_no
    where e.user_id is not null
      and f.object_no is null
),
latest as (
    select user_id, max(ts) as ts from told group by user_id
),
ranked as (
    select t.user_id, t.first_name, t.last_name, t.gender, t.level, t.ts, t.event_key,
           row_number() over (
               partition by t.user_id
               order by t.event_key desc, t.object_no, t.record_no
           ) as nth
    from told t
    join latest l on l.user_id = t.user_id and l.ts = t.ts
)
select r.user_id,
       r.first_name,
       r.last_name,
       r.gender,
       r.level,
       r.ts as last_event_at,
       r.event_key as last_event_key
from ranked r
left join users u on u.user_id = r.user_id
where r.nth = 1
  and (u.user_id is null
       or r.ts > u.last_event_at
       or (r.ts = u.last_event_at and r.event_key > u.last_event_key));
delete from users
where user_id in (select user_id from pg_temp.new_users);
insert into users
select * from pg_temp.new_users;
drop table pg_temp.new_users

-- file: status/drift
-- Keys of one run's records: unknown ones, and known ones that no record had.
select kind, key_name, is_known, records
from etl_drift
where run_id = cast($1 as bigint)
  and ((is_known = 0 and records > 0) or (is_known = 1 and records = 0))
order by kind collate "C", is_known, records desc, key_name collate "C"

-- file: status/freshness
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

-- file: status/may_read_runs
-- Whether this user sees what runs did: who was granted the star alone (grant-readonly) does not.
select has_table_privilege('etl_runs', 'select')
       and has_table_privilege('etl_rejects', 'select')
       and has_table_privilege('etl_schema', 'select') as may_read_runs

-- file: status/objects
select kind, count(*) as objects, sum(size_bytes) as bytes, sum(records) as records,
       sum(loaded) as loaded, sum(duplicates) as duplicates, sum(rejects) as rejects
from etl_objects
group by kind
order by kind collate "C"

-- file: status/reject_count
select count(*) as rejects from etl_rejects

-- file: status/runs
-- The last runs, newest first.
select run_id, started_at, finished_at, status, objects, bytes, events, songs, plays, duplicates,
       rejects, failed_objects, late_matches, version
from etl_runs
order by run_id desc
limit $1

-- file: status/tables
select table_name, row_count
from (
    select 1 as place, 'songplays' as table_name, count(*) as row_count from songplays
    union all select 2, 'users', count(*) from users
    union all select 3, 'songs', count(*) from songs
    union all select 4, 'artists', count(*) from artists
    union all select 5, 'time', count(*) from time
    union all select 6, 'unmatched_songplays', count(*) from unmatched_songplays
) counted
order by place

-- file: straight/known_plays
-- The plays that a group's plays may be again.
select songplay_id
from songplays
where songplay_id >= cast($1 as bigint)
  and songplay_id <= cast($2 as bigint)
limit $3

-- file: straight/known_times
-- The start times that are in their table already, in milliseconds since 1970.
select cast(extract(epoch from start_time) * 1000 as bigint) as start_ms
from time
where start_time >= cast($1 as timestamp)
  and start_time <= cast($2 as timestamp)
limit $3

-- file: straight/songs
-- What plays are matched by, for those that are matched outside the warehouse.
select title, artist_name, duration, song_id, artist_id from songs

-- file: tables/add_schema_version
insert into etl_schema (version, created_by)
select cast($1 as integer), cast($2 as varchar)
where not exists (select 1 from etl_schema)

-- file: tables/create_tables
-- The tables of the data contract. Safe to repeat. Only keys that a database can hold without
-- slowing the load are declared; see the dialects.
create table if not exists songplays (
    songplay_id bigint not null,
    start_time  timestamp not null,
    user_id     integer not null,
    level       varchar(64),
    song_id     varchar(64),
    artist_id   varchar(64),
    session_id  bigint not null,
    location    varchar(1024),
    user_agent  varchar(2048)
);
create table if not exists users (
    user_id        integer not null primary key,
    first_name     varchar(1024),
    last_name      varchar(1024),
    gender         varchar(64),
    level          varchar(64),
    last_event_at  timestamp not null,
    last_event_key bigint not null
);
create table if not exists songs (
    song_id     varchar(64) not null primary key,
    title       varchar(1024) not null,
    artist_id   varchar(64) not null,
    year        integer,
    duration    decimal(12, 5) not null,
    artist_name varchar(1024) not null
);
create table if not exists artists (
    artist_id varchar(64) not null primary key,
    name      varchar(1024) not null,
    location  varchar(1024),
    latitude  double precision,
    longitude double precision
);
create table if not exists time (
    start_time timestamp not null,
    hour       integer not null,
    day        integer not null,
    week       integer not null,
    month      integer not null,
    year       integer not null,
    weekday    integer not null
);
create table if not exists unmatched_songplays (
    songplay_id bigint not null,
    song        varchar(1024) not null,
    artist      varchar(1024) not null,
    length      decimal(12, 5) not null
);
create table if not exists staging_events (
    artist          varchar(1024),
    auth            varchar(64),
    first_name      varchar(1024),
    gender          varchar(64),
    item_in_session integer,
    last_name       varchar(1024),
    length          decimal(12, 5),
    level           varchar(64),
    location        varchar(1024),
    method          varchar(64),
    page            varchar(64),
    registration    bigint,
    session_id      bigint,
    song            varchar(1024),
    status          integer,
    ts              timestamp,
    user_agent      varchar(2048),
    user_id         integer,
    object_no       integer,
    record_no       bigint
);
create table if not exists staging_songs (
    num_songs        integer,
    artist_id        varchar(64),
    artist_latitude  double precision,
    artist_longitude double precision,
    artist_location  varchar(1024),
    artist_name      varchar(1024),
    song_id          varchar(64),
    title            varchar(1024),
    duration         decimal(12, 5),
    year             integer,
    object_no        integer,
    record_no        bigint
);
create table if not exists etl_runs (
    run_id         bigint not null primary key,
    started_at     timestamp not null,
    finished_at    timestamp,
    status         varchar(16) not null,
    objects        bigint not null,
    bytes          bigint not null,
    events         bigint not null,
    songs          bigint not null,
    plays          bigint not null,
    duplicates     bigint not null,
    rejects        bigint not null,
    failed_objects bigint not null,
    late_matches   bigint,
    version        varchar(64) not null
);
create table if not exists etl_objects (
    uri        varchar(8192) not null,
    etag       varchar(256) not null,
    size_bytes bigint not null,
    run_id     bigint not null,
    records    bigint not null,
    loaded     bigint not null,
    duplicates bigint not null,
    rejects    bigint not null,
    kind       varchar(8) not null
);
create table if not exists etl_rejects (
    run_id      bigint not null,
    uri         varchar(8192) not null,
    line        bigint not null,
    byte_offset bigint not null,
    column_name varchar(64),
    reason      varchar(64) not null,
    raw_text    varchar(65535) not null,
    record_no   bigint not null
);
create table if not exists etl_drift (
    run_id   bigint not null,
    kind     varchar(8) not null,
    key_name varchar(1024) not null,
    is_known integer not null,
    records  bigint not null
);
create table if not exists etl_schema (
    version    integer not null,
    created_by varchar(64) not null
)

-- file: tables/create_views
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
left join songs s on s.song_id = p.song_id
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
   or level <> level_before
   or (level is null and level_before is not null)
   or (level is not null and level_before is null)

-- file: tables/drop
-- Drops what create-tables makes, and nothing else.
drop view if exists plays;
drop view if exists user_levels;
drop table if exists unmatched_songplays;
drop table if exists songplays;
drop table if exists users;
drop table if exists songs;
drop table if exists artists;
drop table if exists time;
drop table if exists staging_events;
drop table if exists staging_songs;
drop table if exists etl_objects;
drop table if exists etl_rejects;
drop table if exists etl_drift;
drop table if exists etl_runs;
drop table if exists etl_schema;
drop table if exists etl_loading_events;
drop table if exists etl_loading_songs

-- file: tables/existing
-- Which of our tables and views are there, also those that this user may not read.
select table_name
from (
    select tablename as table_name from pg_tables where schemaname = current_schema()
    union all
    select viewname as table_name from pg_views where schemaname = current_schema()
) as found
where table_name in ('songplays', 'users', 'songs', 'artists', 'time', 'unmatched_songplays',
                     'plays', 'user_levels', 'staging_events', 'staging_songs', 'etl_runs',
                     'etl_objects', 'etl_rejects', 'etl_drift', 'etl_schema')
order by table_name collate "C"

-- file: tables/postgres/comments
-- What the tables and columns are, for those who look at them with other tools.
comment on table songplays is 'One song started: an event with page NextSong. The fact table.';
comment on column songplays.songplay_id is 'session_id * 1048576 + the item in the session: the same in every warehouse';
comment on column songplays.start_time is 'When it started, UTC, milliseconds kept; found in time';
comment on column songplays.user_id is 'Found in users';
comment on column songplays.level is 'free or paid, at that moment';
comment on column songplays.song_id is 'Found in songs; NULL: no song matched, see unmatched_songplays';
comment on column songplays.artist_id is 'Of the song that matched; NULL as song_id';
comment on column songplays.session_id is 'The session of the app';
comment on column songplays.location is 'Where the user was, as the app says it';
comment on column songplays.user_agent is 'The browser, in its own words';
comment on table users is 'One user of the app, as their latest event tells.';
comment on column users.user_id is 'The key';
comment on column users.first_name is 'First name';
comment on column users.last_name is 'Last name';
comment on column users.gender is 'As the app says it';
comment on column users.level is 'free or paid, at the latest event';
comment on column users.last_event_at is 'When the latest event was, UTC';
comment on column users.last_event_key is 'session_id * 1048576 + item of the latest event: it settles ties';
comment on table songs is 'One song; the last applied record.';
comment on column songs.song_id is 'The key';
comment on column songs.title is 'Title';
comment on column songs.artist_id is 'Found in artists';
comment on column songs.year is '0: unknown';
comment on column songs.duration is 'Seconds';
comment on column songs.artist_name is 'The artist as this song names them: what plays are matched by';
comment on table artists is 'One artist; the last applied record.';
comment on column artists.artist_id is 'The key';
comment on column artists.name is 'Name; an artist may have several, see songs.artist_name';
comment on column artists.location is 'A place, in words';
comment on column artists.latitude is 'Degrees';
comment on column artists.longitude is 'Degrees';
comment on table time is 'One start_time that a song play has, and its parts, UTC.';
comment on column time.start_time is 'The key';
comment on column time.hour is '0 to 23';
comment on column time.day is 'Of the month, 1 to 31';
comment on column time.week is 'ISO 8601';
comment on column time.month is '1 to 12';
comment on column time.year is 'Of the calendar';
comment on column time.weekday is '0 is Sunday, 6 is Saturday';
comment on table unmatched_songplays is 'One play that no song matched, with the log''s own text.';
comment on column unmatched_songplays.songplay_id is 'Found in songplays';
comment on column unmatched_songplays.song is 'The title that the log gives';
comment on column unmatched_songplays.artist is 'The artist that the log gives';
comment on column unmatched_songplays.length is 'Seconds';
comment on view plays is 'One song play, for people: names from songs as it is now, else the log''s own text.';
comment on view user_levels is 'One spell of a user at one level; valid_to NULL: still.';
comment on table etl_runs is 'One run of sparkify etl that found something to do.';
comment on column etl_runs.status is 'running, done, stopped, failed, or aborted: it was killed';
comment on column etl_runs.late_matches is 'Plays of earlier runs that found their song, also if a later run had to look; NULL: this one has not';
comment on table etl_objects is 'The ledger: one row for each version of a source object that was applied.';
comment on column etl_objects.etag is 'The version: S3''s ETag, or size and modification time of a file';
comment on column etl_objects.records is 'loaded + duplicates + rejects';
comment on table etl_rejects is 'One record that was not loaded, and why.';
comment on column etl_rejects.line is 'Of the record''s first byte, from 1';
comment on column etl_rejects.byte_offset is 'Of the record''s first byte in the decompressed object, from 0';
comment on column etl_rejects.raw_text is 'The record as it was, at most 65,000 bytes';
comment on table etl_drift is 'By run: keys that we do not know, and known keys that no record had.';
comment on table etl_schema is 'The version of these tables.';
comment on table staging_events is 'With --keep-staging: the events of the last group of a run. Else empty.';
comment on table staging_songs is 'With --keep-staging: the songs of the last group of a run. Else empty.'

-- file: tables/postgres/foreign_keys
-- Where a key is looked up once an object or once a run, not once a play.
do $$
begin
    if not exists (
        select 1
        from pg_constraint
        where conname = 'etl_objects_run_id_fkey'
          and connamespace = (select oid from pg_namespace where nspname = current_schema())
    ) then
        alter table etl_objects
            add constraint etl_objects_run_id_fkey foreign key (run_id) references etl_runs;
        alter table etl_drift
            add constraint etl_drift_run_id_fkey foreign key (run_id) references etl_runs;
    end if;
end
$$

-- file: tables/postgres/indexes
-- Block ranges: almost free to keep, and enough to find the few blocks that a day's plays can be in.
-- docs/decisions/0008-postgresql.md has the figures.
create index if not exists songplays_songplay_id on songplays using brin (songplay_id)
    with (pages_per_range = 32);
create index if not exists songplays_start_time on songplays using brin (start_time)
    with (pages_per_range = 32);
create index if not exists unmatched_songplays_songplay_id on unmatched_songplays
    using brin (songplay_id) with (pages_per_range = 32);
create index if not exists time_start_time on time using brin (start_time)
    with (pages_per_range = 32);
create index if not exists etl_objects_run_id on etl_objects (run_id);
create index if not exists etl_rejects_run_id on etl_rejects (run_id)

-- file: tables/schema_version
select version from etl_schema order by version desc

