select 'DuckDB ' || version() as version, 'true' as takes_writes
