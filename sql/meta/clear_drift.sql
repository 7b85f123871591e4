delete from etl_drift where run_id = $1
