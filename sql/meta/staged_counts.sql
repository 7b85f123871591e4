-- The group's well-formed records: all that were not rejected when they were decoded.
select coalesce(sum(case when kind = 'log' then records - decode_rejects else 0 end), 0) as events,
       coalesce(sum(case when kind = 'song' then records - decode_rejects else 0 end), 0) as songs
from {{temp}}loading_objects
