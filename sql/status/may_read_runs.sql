-- Whether this user sees what runs did: who was granted the star alone (grant-readonly) does not.
select has_table_privilege('etl_runs', 'select')
       and has_table_privilege('etl_rejects', 'select')
       and has_table_privilege('etl_schema', 'select') as may_read_runs
