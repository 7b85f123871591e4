-- What a role may do with our tables besides reading the star, by itself, by another role or because
-- everybody may. Who may create in the schema can put an operator or a function there that our own
-- statements then run, with our rights.
select 'schema ' || current_schema() as table_name, 'CREATE' as privilege
where has_schema_privilege($1, current_schema(), 'CREATE')
union all
select t.table_name, p.privilege
from (
    values ('songplays', true), ('users', true), ('songs', true), ('artists', true),
           ('time', true), ('unmatched_songplays', true), ('plays', true), ('user_levels', true),
           ('staging_events', false), ('staging_songs', false), ('etl_runs', false),
           ('etl_objects', false), ('etl_rejects', false), ('etl_drift', false),
           ('etl_schema', false), ('etl_loading_events', false), ('etl_loading_songs', false)
) t (table_name, is_star)
cross join (
    values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')
) p (privilege)
where to_regclass(quote_ident(current_schema()) || '.' || quote_ident(t.table_name)) is not null
  and not (t.is_star and p.privilege = 'SELECT')
  and (has_table_privilege(
           $1, to_regclass(quote_ident(current_schema()) || '.' || quote_ident(t.table_name)),
           p.privilege)
       or (p.privilege in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
           and has_any_column_privilege(
               $1, to_regclass(quote_ident(current_schema()) || '.' || quote_ident(t.table_name)),
               p.privilege)))
order by 1, 2
