delete from {{temp}}loading_objects
