-- What of the star a role may still not read: whoever granted had not the right to.
select t.table_name
from (
    values ('songplays'), ('users'), ('songs'), ('artists'), ('time'), ('unmatched_songplays'),
           ('plays'), ('user_levels')
) t (table_name)
where not has_schema_privilege($1, current_schema(), 'USAGE')
   or not has_table_privilege(
       $1, to_regclass(quote_ident(current_schema()) || '.' || quote_ident(t.table_name)), 'SELECT')
order by t.table_name {{bytes}}
