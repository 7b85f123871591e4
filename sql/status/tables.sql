select table_name, row_count
from (
    select 1 as place, 'songplays' as table_name, count(*) as row_count from songplays
    union all select 2, 'users', count(*) from users
    union all select 3, 'songs', count(*) from songs
    union all select 4, 'artists', count(*) from artists
    union all select 5, 'time', count(*) from time
    union all select 6, 'unmatched_songplays', count(*) from unmatched_songplays
) counted
order by place
