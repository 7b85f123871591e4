-- For the sessions of a run: joins and aggregates over a group stay in memory, and are hashed. What
-- was just staged has hardly any statistics, and a loop chosen by mistake takes hours where a hash
-- table takes seconds.
set session characteristics as transaction isolation level read committed read write;
set work_mem = '256MB';
set maintenance_work_mem = '256MB';
set enable_nestloop = off;
set enable_mergejoin = off;
set default_statistics_target = 10;
-- From version 14 on: a statement ends soon after the run that asked for it was killed.
select set_config(name, '1000', false)
from pg_settings
where name = 'client_connection_check_interval'
