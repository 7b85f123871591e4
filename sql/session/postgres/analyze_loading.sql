-- A small sample of what was staged, so that sizes are known where plans are made.
analyze etl_loading_events (page, user_id, session_id, item_in_session, ts)
