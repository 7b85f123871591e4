-- --keep-staging: the run's last group, to look at.
delete from staging_events;
delete from staging_songs;
insert into staging_events select * from {{temp}}.loading_events;
insert into staging_songs select * from {{temp}}.loading_songs
