select uri, etag, kind from etl_objects
