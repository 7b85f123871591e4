-- Runs that a kill left open.
update etl_runs
set status = 'aborted', finished_at = cast($1 as timestamp)
where status = 'running'
