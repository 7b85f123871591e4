-- Drops what create-tables makes for Redshift, and nothing else; who is referred to goes last.
drop view if exists plays;
drop view if exists user_levels;
drop table if exists unmatched_songplays;
drop table if exists songplays;
drop table if exists users;
drop table if exists songs;
drop table if exists artists;
drop table if exists time;
drop table if exists staging_events;
drop table if exists staging_songs;
drop table if exists etl_objects;
drop table if exists etl_rejects;
drop table if exists etl_drift;
drop table if exists etl_runs;
drop table if exists etl_schema;
drop table if exists etl_lock
