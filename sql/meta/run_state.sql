-- What a run has to know before it plans: the next id, runs left open, and the last run whose songs
-- no unmatched play was held against yet.
select (select coalesce(max(run_id), 0) + 1 from etl_runs) as next_run_id,
       (select count(*) from etl_runs where status = 'running') as open_runs,
       (select coalesce(max(run_id), 0)
        from etl_objects
        where kind = 'song'
          and run_id > (select coalesce(max(run_id), 0)
                        from etl_runs
                        where late_matches is not null)) as late_songs_run
