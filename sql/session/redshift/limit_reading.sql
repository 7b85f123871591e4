-- Nobody waits for an answer for longer; in milliseconds.
set statement_timeout to 300000
