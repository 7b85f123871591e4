-- The same of songs.
select coalesce(sum(case when is_other_number then 1 else 0 end), 0) as numbers,
       coalesce(sum(case when is_other_text then 1 else 0 end), 0) as texts
from (
    select coalesce(num_songs, '0') !~ '^-?(0|[1-9][0-9]*)$'
           or coalesce(year, '0') !~ '^-?(0|[1-9][0-9]*)$'
           or coalesce(artist_latitude, '0') !~ '^-?(0|[1-9][0-9]*)([.][0-9]+)?$'
           or coalesce(artist_longitude, '0') !~ '^-?(0|[1-9][0-9]*)([.][0-9]+)?$'
           or coalesce(duration, '0') !~ '^-?(0|[1-9][0-9]*)([.][0-9][0-9]?[0-9]?[0-9]?[0-9]?)?$'
               as is_other_number,
           octet_length(coalesce(artist_id, '')) > 64
           or octet_length(coalesce(artist_location, '')) > 1024
           or octet_length(coalesce(artist_name, '')) > 1024
           or octet_length(coalesce(song_id, '')) > 64
           or octet_length(coalesce(title, '')) > 1024
           or coalesce(artist_id, '') in ('true', 'false')
           or coalesce(artist_location, '') in ('true', 'false')
           or coalesce(artist_name, '') in ('true', 'false')
           or coalesce(song_id, '') in ('true', 'false')
           or coalesce(title, '') in ('true', 'false')
           or left(coalesce(artist_id, ''), 1) in ('[', '{')
           or (left(coalesce(artist_location, ''), 1) in ('[', '{')
               and (is_valid_json(artist_location) or is_valid_json_array(artist_location)))
           or (left(coalesce(artist_name, ''), 1) in ('[', '{')
               and (is_valid_json(artist_name) or is_valid_json_array(artist_name)))
           or left(coalesce(song_id, ''), 1) in ('[', '{')
           or (left(coalesce(title, ''), 1) in ('[', '{')
               and (is_valid_json(title) or is_valid_json_array(title)))
               as is_other_text
    from source_songs
) judged
