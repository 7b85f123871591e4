-- What granting needs to know of a user; no row: there is no such user. Names come quoted. Groups and
-- roles of Redshift are not looked for here: a user is who logs in.
select quote_ident(u.usename) as role_name,
       quote_ident(current_schema()) as schema_name,
       case when u.usesuper then 'true' else 'false' end as is_superuser,
       case
           when u.usename = current_user
                or exists (
                    select 1
                    from pg_tables t
                    where t.schemaname = current_schema() and t.tableowner = u.usename
                ) then 'true'
           else 'false'
       end as is_owner
from pg_user u
where u.usename = cast($1 as varchar(127))
