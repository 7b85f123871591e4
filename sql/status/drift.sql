-- Keys of one run's records: unknown ones, and known ones that no record had.
select kind, key_name, is_known, records
from etl_drift
where run_id = cast($1 as bigint)
  and ((is_known = 0 and records > 0) or (is_known = 1 and records = 0))
order by kind {{bytes}}, is_known, records desc, key_name {{bytes}}
