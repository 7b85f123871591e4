-- Where a key is looked up once an object or once a run, not once a play.
do $$
begin
    if not exists (
        select 1
        from pg_constraint
        where conname = 'etl_objects_run_id_fkey'
          and connamespace = (select oid from pg_namespace where nspname = current_schema())
    ) then
        alter table etl_objects
            add constraint etl_objects_run_id_fkey foreign key (run_id) references etl_runs;
        alter table etl_drift
            add constraint etl_drift_run_id_fkey foreign key (run_id) references etl_runs;
    end if;
end
$$
