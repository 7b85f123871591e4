-- What DuckDB says otherwise than the common subset. Every dialect defines the same names.
-- macro: temp
-- Before the name of a table of the session alone.
temp.
-- macro: loading
-- Before the names of loading_events and loading_songs.
temp.
-- macro: bytes
-- Behind a text in `order by` or `min`: compare by bytes. DuckDB always does.
-- macro: key
-- Behind a column that is its table's key. DuckDB would keep an index for each, which slows loading;
-- the load makes them unique by construction (`sparkify check` proves it).
-- macro: exact
-- Behind each text that is compared or grouped by. DuckDB counts trailing blanks.
-- macro: unmark
-- Around a text that `exact` stands behind already: takes off what it added. DuckDB's adds nothing.
-- macro: unmark_end
-- See unmark.
