-- Rows come from our decoder through a table function, on all of DuckDB's threads.
insert into {{table}} select * from sparkify_rows()
