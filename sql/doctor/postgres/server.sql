select 'PostgreSQL ' || current_setting('server_version') as version,
       case when pg_is_in_recovery() then 'false' else 'true' end as takes_writes
