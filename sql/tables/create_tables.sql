-- The tables of the data contract. Safe to repeat. Only keys that a database can hold without
-- slowing the load are declared; see the dialects.
create table if not exists songplays (
    songplay_id bigint not null,
    start_time  timestamp not null,
    user_id     integer not null,
    level       varchar(64),
    song_id     varchar(64),
    artist_id   varchar(64),
    session_id  bigint not null,
    location    varchar(1024),
    user_agent  varchar(2048)
);
create table if not exists users (
    user_id        integer not null {{key}},
    first_name     varchar(1024),
    last_name      varchar(1024),
    gender         varchar(64),
    level          varchar(64),
    last_event_at  timestamp not null,
    last_event_key bigint not null
);
create table if not exists songs (
    song_id     varchar(64) not null {{key}},
    title       varchar(1024) not null,
    artist_id   varchar(64) not null,
    year        integer,
    duration    decimal(12, 5) not null,
    artist_name varchar(1024) not null
);
create table if not exists artists (
    artist_id varchar(64) not null {{key}},
    name      varchar(1024) not null,
    location  varchar(1024),
    latitude  double precision,
    longitude double precision
);
create table if not exists time (
    start_time timestamp not null,
    hour       integer not null,
    day        integer not null,
    week       integer not null,
    month      integer not null,
    year       integer not null,
    weekday    integer not null
);
create table if not exists unmatched_songplays (
    songplay_id bigint not null,
    song        varchar(1024) not null,
    artist      varchar(1024) not null,
    length      decimal(12, 5) not null
);
create table if not exists staging_events (
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
create table if not exists staging_songs (
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
create table if not exists etl_runs (
    run_id         bigint not null {{key}},
    started_at     timestamp not null,
    finished_at    timestamp,
    status         varchar(16) not null,
    objects        bigint not null,
    bytes          bigint not null,
    events         bigint not null,
    songs          bigint not null,
    plays          bigint not null,
    duplicates     bigint not null,
    rejects        bigint not null,
    failed_objects bigint not null,
    late_matches   bigint,
    version        varchar(64) not null
);
create table if not exists etl_objects (
    uri        varchar(8192) not null,
    etag       varchar(256) not null,
    size_bytes bigint not null,
    run_id     bigint not null,
    records    bigint not null,
    loaded     bigint not null,
    duplicates bigint not null,
    rejects    bigint not null,
    kind       varchar(8) not null
);
create table if not exists etl_rejects (
    run_id      bigint not null,
    uri         varchar(8192) not null,
    line        bigint not null,
    byte_offset bigint not null,
    column_name varchar(64),
    reason      varchar(64) not null,
    raw_text    varchar(65535) not null,
    record_no   bigint not null
);
create table if not exists etl_drift (
    run_id   bigint not null,
    kind     varchar(8) not null,
    key_name varchar(1024) not null,
    is_known integer not null,
    records  bigint not null
);
create table if not exists etl_schema (
    version    integer not null,
    created_by varchar(64) not null
)
