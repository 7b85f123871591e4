select cast(pg_current_xact_id_if_assigned() as varchar) as transaction_id
