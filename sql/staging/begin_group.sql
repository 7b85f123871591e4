-- A group's own tables: nothing of them reaches the warehouse file. Made anew for each group.
drop table if exists {{temp}}.loading_objects;
drop table if exists {{temp}}.loading_events;
drop table if exists {{temp}}.loading_songs;
drop table if exists {{temp}}.play_faults;
create temporary table loading_objects (
    object_no      integer,
    kind           varchar(8),
    uri            varchar(8192),
    etag           varchar(256),
    size_bytes     bigint,
    records        bigint,
    decode_rejects bigint
);
create temporary table loading_events (
    artist          varchar(1024),
    auth            varchar(64),
    first_name      varchar(1024),
    gender          varchar(64),
    item_in_session integer,
    last_name       varchar(1024),
    length          decimal(12, 5),
    level           varchar(64),
    location        varchar(1024),
    method          varchar(64),
    page            varchar(64),
    registration    bigint,
    session_id      bigint,
    song            varchar(1024),
    status          integer,
    ts              timestamp,
    user_agent      varchar(2048),
    user_id         integer,
    object_no       integer,
    record_no       bigint
);
create temporary table loading_songs (
    num_songs        integer,
    artist_id        varchar(64),
    artist_latitude  double precision,
    artist_longitude double precision,
    artist_location  varchar(1024),
    artist_name      varchar(1024),
    song_id          varchar(64),
    title            varchar(1024),
    duration         decimal(12, 5),
    year             integer,
    object_no        integer,
    record_no        bigint
);
create temporary table play_faults (
    object_no   integer,
    record_no   bigint,
    songplay_id bigint,
    is_conflict boolean
)
