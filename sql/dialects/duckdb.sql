-- What DuckDB says otherwise than the common subset. Every dialect defines the same names.
-- macro: temp
temp
-- macro: bytes
-- Behind a text in `order by` or `min`: compare by bytes. DuckDB always does.
