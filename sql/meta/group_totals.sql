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
join {{temp}}loading_objects o on o.uri{{exact}} = k.uri{{exact}} and o.etag = k.etag
where k.run_id = $1
