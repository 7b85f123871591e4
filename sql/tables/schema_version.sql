select version from etl_schema order by version desc
