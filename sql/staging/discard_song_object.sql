delete from {{temp}}.loading_songs where object_no = $1
