-- Block ranges: almost free to keep, and enough to find the few blocks that a day's plays can be in.
-- docs/decisions/0008-postgresql.md has the figures.
create index if not exists songplays_songplay_id on songplays using brin (songplay_id)
    with (pages_per_range = 32);
create index if not exists songplays_start_time on songplays using brin (start_time)
    with (pages_per_range = 32);
create index if not exists unmatched_songplays_songplay_id on unmatched_songplays
    using brin (songplay_id) with (pages_per_range = 32);
create index if not exists time_start_time on time using brin (start_time)
    with (pages_per_range = 32);
create index if not exists etl_objects_run_id on etl_objects (run_id);
create index if not exists etl_rejects_run_id on etl_rejects (run_id)
