-- Stages what was read as text. COPY tells no record's place: where it would matter the group is not
-- loaded this way.
insert into loading_events
    (artist, auth, first_name, gender, item_in_session, last_name, length, level, location, method,
     page, registration, session_id, song, status, ts, user_agent, user_id, object_no, record_no)
select artist,
       auth,
       first_name,
       gender,
       cast(item_in_session as integer),
       last_name,
       cast(length as decimal(12, 5)),
       level,
       location,
       method,
       page,
       cast(split_part(registration, '.', 1) as bigint),
       cast(session_id as bigint),
       song,
       cast(status as integer),
       timestamp 'epoch' + (cast(ts as bigint) / 1000) * interval '1 second'
           + mod(cast(ts as bigint), 1000) * interval '1 millisecond',
       user_agent,
       cast(nullif(split_part(user_id, '.', 1), '') as integer),
       0,
       0
from source_events
