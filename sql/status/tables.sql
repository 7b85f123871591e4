select 'songplays' as table_name, count(*) as row_count from songplays
union all select 'users', count(*) from users
union all select 'songs', count(*) from songs
union all select 'artists', count(*) from artists
union all select 'time', count(*) from time
union all select 'unmatched_songplays', count(*) from unmatched_songplays
