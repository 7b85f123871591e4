select count(*) as rejects from etl_rejects
