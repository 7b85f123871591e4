select uri, etag from etl_objects
