-- What Amazon Redshift says otherwise than the common subset. Every dialect defines the same names.
-- macro: temp
-- Before the name of a table of the session alone, which Redshift finds first.
-- macro: loading
-- Before the names of loading_events and loading_songs: tables of the session.
-- macro: bytes
-- Behind a text in `order by` or `min`: compare by bytes. Redshift always does.
-- macro: key
-- Behind a column that is its table's key. Informational: the planner believes it, nobody enforces it.
primary key
-- macro: exact
-- Behind each text that is compared or grouped by. Redshift passes over trailing blanks, unless something follows them.
|| '.'
-- macro: unmark
-- Around a text that `exact` stands behind already: takes off what it added. To order such texts by bytes: by what is left, then by char_length, in which trailing blanks count.
regexp_replace(
-- macro: unmark_end
-- See unmark.
, '[.]$', '')
