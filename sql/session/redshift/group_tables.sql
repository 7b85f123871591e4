-- Where a group's rows are staged: tables of the session, which go with its transaction's end or are
-- emptied by the next group.
create temporary table if not exists loading_events (like staging_events);
create temporary table if not exists loading_songs (like staging_songs);
delete from loading_events;
delete from loading_songs
