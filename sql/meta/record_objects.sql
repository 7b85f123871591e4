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
from {{temp}}loading_objects o
left join (
    select object_no, count(*) as staged
    from (
        select object_no from {{loading}}loading_events
        union all
        select object_no from {{loading}}loading_songs
    ) staged_rows
    group by object_no
) s on s.object_no = o.object_no
left join (
    select object_no,
           sum(case when is_conflict then 0 else 1 end) as duplicates,
           sum(case when is_conflict then 1 else 0 end) as conflicts
    from {{temp}}play_faults
    group by object_no
) f on f.object_no = o.object_no
