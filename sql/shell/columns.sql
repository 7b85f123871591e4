-- The tables and views of the warehouse that this user may read, a row for each column.
select t.table_name,
       case t.table_type when 'VIEW' then 'view' else 'table' end as kind,
       c.column_name,
       c.data_type,
       c.is_nullable
from information_schema.tables t
join information_schema.columns c
  on c.table_catalog = t.table_catalog
 and c.table_schema = t.table_schema
 and c.table_name = t.table_name
where t.table_catalog = current_database()
  and t.table_schema = current_schema()
order by t.table_name, c.ordinal_position
