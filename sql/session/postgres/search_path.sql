-- Our tables are found in one schema, and nothing of ours is looked for elsewhere.
select set_config('search_path', quote_ident($1) || ', pg_temp', false)
