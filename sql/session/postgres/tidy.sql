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
