-- Staging as most would write it: DuckDB finds out format, columns and types by itself. Options
-- only where the result would be wrong without: `convert_strings_to_integers` is off by default, so
-- userId stays text; a sample may see only whole `length`s, but never does here.
create temporary table events as
select * from read_json('${log_data}/**/*.json');
create temporary table song_records as
select * from read_json('${song_data}/**/*.json');
