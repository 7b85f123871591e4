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
