-- Our tables are found in one schema.
select set_config('search_path', quote_ident(cast($1 as varchar(127))), false) as search_path
