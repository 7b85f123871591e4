-- Where a group's rows are staged: made anew, as TEMP tables, of which nothing reaches the file. They
-- have the columns of the contract's staging tables.
drop table if exists {{loading}}loading_events;
drop table if exists {{loading}}loading_songs;
create temporary table loading_events as
select * from staging_events where 1 = 0;
create temporary table loading_songs as
select * from staging_songs where 1 = 0
