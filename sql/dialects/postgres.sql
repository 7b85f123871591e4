-- What PostgreSQL says otherwise than the common subset. Every dialect defines the same names.
-- macro: temp
-- Before the name of a table of the session alone.
pg_temp.
-- macro: loading
-- Before the names of loading_events and loading_songs: tables of the warehouse's schema, which the
-- search path finds, as several connections fill them; named so that they are nobody else's.
etl_
-- macro: bytes
-- Behind a text in `order by` or `min`: compare by bytes, whatever the database's collation.
collate "C"
-- macro: key
-- Behind a column that is its table's key.
primary key
-- macro: exact
-- Behind each text that is compared or grouped by. PostgreSQL counts trailing blanks.
-- macro: unmark
-- Around a text that `exact` stands behind already: takes off what it added. PostgreSQL's adds nothing.
-- macro: unmark_end
-- See unmark.
