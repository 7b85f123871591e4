-- A user's query with the columns cast that have no plain form (lists, structs, intervals).
select {{columns}}
from (
{{query}}
) as result_columns({{names}})
