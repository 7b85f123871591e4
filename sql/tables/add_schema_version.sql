insert into etl_schema (version, created_by)
select cast($1 as integer), cast($2 as varchar)
where not exists (select 1 from etl_schema)
