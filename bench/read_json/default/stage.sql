-- Staging as most would write it: DuckDB finds out format, columns and types by itself. The file's
-- name is asked for because the last song record of an artist, by name, is the one that stays.
create temporary table events as
select *
from read_json('${log_data}/**/*.json');
create temporary table song_records as
select *
from read_json('${song_data}/**/*.json', filename = true);
