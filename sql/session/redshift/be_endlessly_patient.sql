set statement_timeout to 0
