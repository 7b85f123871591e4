-- What every session of ours needs, whatever the role's and the database's settings are.
set statement_timeout = 0;
set client_min_messages = warning;
set timezone = 'UTC';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set extra_float_digits = 1;
set bytea_output = 'hex';
set standard_conforming_strings = on;
select set_config(name, '0', false)
from pg_settings
where name in ('idle_in_transaction_session_timeout', 'idle_session_timeout',
               'transaction_timeout');
set tcp_keepalives_idle = 30;
set tcp_keepalives_interval = 10;
set tcp_keepalives_count = 3;
set jit = off
