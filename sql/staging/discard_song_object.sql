delete from {{loading}}loading_songs where object_no = $1
