-- What granting needs to know of a role; no row: there is no such role. Names come quoted.
select quote_ident(r.rolname) as role_name,
       quote_ident(current_schema()) as schema_name,
       r.rolsuper as is_superuser,
       (r.rolname = current_user or pg_has_role(r.rolname, current_user, 'member')) as is_owner
from pg_roles r
where r.rolname = $1
