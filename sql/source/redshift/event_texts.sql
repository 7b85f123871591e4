-- Values that only our decoder can judge, before they are cast: numbers in another form than plain
-- digits; texts that are too long, or that were no text (true, false, an object, an array).
select coalesce(sum(case when is_other_number then 1 else 0 end), 0) as numbers,
       coalesce(sum(case when is_other_text then 1 else 0 end), 0) as texts
from (
    select coalesce(item_in_session, '0') !~ '^-?(0|[1-9][0-9]*)$'
           or coalesce(session_id, '0') !~ '^-?(0|[1-9][0-9]*)$'
           or coalesce(status, '0') !~ '^-?(0|[1-9][0-9]*)$'
           or coalesce(ts, '0') !~ '^(0|[1-9][0-9]*)$'
           or octet_length(coalesce(ts, '0')) > 15
           or coalesce(registration, '0') !~ '^-?(0|[1-9][0-9]*)([.]0+)?$'
           or coalesce(user_id, '0') !~ '^(-?(0|[1-9][0-9]*)([.]0+)?)?$'
           or coalesce(length, '0') !~ '^-?(0|[1-9][0-9]*)([.][0-9][0-9]?[0-9]?[0-9]?[0-9]?)?$'
               as is_other_number,
           octet_length(coalesce(artist, '')) > 1024
           or octet_length(coalesce(auth, '')) > 64
           or octet_length(coalesce(first_name, '')) > 1024
           or octet_length(coalesce(gender, '')) > 64
           or octet_length(coalesce(last_name, '')) > 1024
           or octet_length(coalesce(level, '')) > 64
           or octet_length(coalesce(location, '')) > 1024
           or octet_length(coalesce(method, '')) > 64
           or octet_length(coalesce(page, '')) > 64
           or octet_length(coalesce(song, '')) > 1024
           or octet_length(coalesce(user_agent, '')) > 2048
           or coalesce(artist, '') in ('true', 'false')
           or coalesce(auth, '') in ('true', 'false')
           or coalesce(first_name, '') in ('true', 'false')
           or coalesce(gender, '') in ('true', 'false')
           or coalesce(last_name, '') in ('true', 'false')
           or coalesce(level, '') in ('true', 'false')
           or coalesce(location, '') in ('true', 'false')
           or coalesce(method, '') in ('true', 'false')
           or coalesce(page, '') in ('true', 'false')
           or coalesce(song, '') in ('true', 'false')
           or coalesce(user_agent, '') in ('true', 'false')
           or (left(coalesce(artist, ''), 1) in ('[', '{')
               and (is_valid_json(artist) or is_valid_json_array(artist)))
           or left(coalesce(auth, ''), 1) in ('[', '{')
           or (left(coalesce(first_name, ''), 1) in ('[', '{')
               and (is_valid_json(first_name) or is_valid_json_array(first_name)))
           or left(coalesce(gender, ''), 1) in ('[', '{')
           or (left(coalesce(last_name, ''), 1) in ('[', '{')
               and (is_valid_json(last_name) or is_valid_json_array(last_name)))
           or left(coalesce(level, ''), 1) in ('[', '{')
           or (left(coalesce(location, ''), 1) in ('[', '{')
               and (is_valid_json(location) or is_valid_json_array(location)))
           or left(coalesce(method, ''), 1) in ('[', '{')
           or left(coalesce(page, ''), 1) in ('[', '{')
           or (left(coalesce(song, ''), 1) in ('[', '{') and (is_valid_json(song) or is_valid_json_array(song)))
           or left(coalesce(user_agent, ''), 1) in ('[', '{')
               as is_other_text
    from source_events
) judged
