-- The same for song files.
create temporary table if not exists source_songs (
    num_songs        varchar(64),
    artist_id        varchar(65),
    artist_latitude  varchar(64),
    artist_longitude varchar(64),
    artist_location  varchar(1025),
    artist_name      varchar(1025),
    song_id          varchar(65),
    title            varchar(1025),
    duration         varchar(64),
    year             varchar(64)
);
delete from source_songs
