-- What of the star a user may still not read: whoever granted had not the right to.
select c.relname as table_name
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = current_schema()
  and c.relname in ('songplays', 'users', 'songs', 'artists', 'time', 'unmatched_songplays', 'plays',
                    'user_levels')
  and (not has_schema_privilege(cast($1 as varchar(127)), n.nspname, 'usage')
       or not has_table_privilege(cast($1 as varchar(127)),
                                  quote_ident(n.nspname) || '.' || quote_ident(c.relname),
                                  'select'))
order by c.relname
