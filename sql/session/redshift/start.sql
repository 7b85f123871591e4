-- What every session of ours needs, whatever the user's and the database's settings are. The name of
-- the group lets administrators find our queries, and give them a queue of their own.
set query_group to 'sparkify';
set statement_timeout to 0;
set timezone to 'UTC';
set datestyle to 'ISO, YMD';
set extra_float_digits to 2
