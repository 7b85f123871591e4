-- --keep-staging: the run's last group, to look at.
delete from staging_events;
delete from staging_songs;
insert into staging_events select * from {{loading}}loading_events;
insert into staging_songs select * from {{loading}}loading_songs
