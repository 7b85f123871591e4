delete from staging_events;
delete from staging_songs
