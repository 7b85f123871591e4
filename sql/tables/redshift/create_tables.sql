-- The tables of the data contract for Amazon Redshift: the columns are those of
-- tables/create_tables.sql. How rows are spread, sorted and packed is explained in
-- docs/decisions/0009-redshift.md. Keys are informational.
create table if not exists users (
    user_id        integer encode raw not null primary key,
    first_name     varchar(1024) encode zstd,
    last_name      varchar(1024) encode zstd,
    gender         varchar(64) encode zstd,
    level          varchar(64) encode zstd,
    last_event_at  timestamp encode az64 not null,
    last_event_key bigint encode az64 not null
) diststyle all sortkey (user_id);
create table if not exists songs (
    song_id     varchar(64) encode raw not null primary key,
    title       varchar(1024) encode zstd not null,
    artist_id   varchar(64) encode zstd not null,
    year        integer encode az64,
    duration    decimal(12, 5) encode az64 not null,
    artist_name varchar(1024) encode zstd not null
) diststyle all sortkey (song_id);
create table if not exists artists (
    artist_id varchar(64) encode raw not null primary key,
    name      varchar(1024) encode zstd not null,
    location  varchar(1024) encode zstd,
    latitude  double precision encode zstd,
    longitude double precision encode zstd
) diststyle all sortkey (artist_id);
create table if not exists time (
    start_time timestamp encode raw not null primary key,
    hour       integer encode az64 not null,
    day        integer encode az64 not null,
    week       integer encode az64 not null,
    month      integer encode az64 not null,
    year       integer encode az64 not null,
    weekday    integer encode az64 not null
) diststyle all sortkey (start_time);
create table if not exists songplays (
    songplay_id bigint encode az64 not null primary key,
    start_time  timestamp encode raw not null references time (start_time),
    user_id     integer encode az64 not null references users (user_id),
    level       varchar(64) encode zstd,
    song_id     varchar(64) encode zstd references songs (song_id),
    artist_id   varchar(64) encode zstd references artists (artist_id),
    session_id  bigint encode az64 not null,
    location    varchar(1024) encode zstd,
    user_agent  varchar(2048) encode zstd
) diststyle key distkey (songplay_id) sortkey (start_time);
create table if not exists unmatched_songplays (
    songplay_id bigint encode raw not null primary key references songplays (songplay_id),
    song        varchar(1024) encode zstd not null,
    artist      varchar(1024) encode zstd not null,
    length      decimal(12, 5) encode az64 not null
) diststyle key distkey (songplay_id) sortkey (songplay_id);
create table if not exists staging_events (
    artist          varchar(1024) encode zstd,
    auth            varchar(64) encode zstd,
    first_name      varchar(1024) encode zstd,
    gender          varchar(64) encode zstd,
    item_in_session integer encode az64,
    last_name       varchar(1024) encode zstd,
    length          decimal(12, 5) encode az64,
    level           varchar(64) encode zstd,
    location        varchar(1024) encode zstd,
    method          varchar(64) encode zstd,
    page            varchar(64) encode zstd,
    registration    bigint encode az64,
    session_id      bigint encode az64,
    song            varchar(1024) encode zstd,
    status          integer encode az64,
    ts              timestamp encode az64,
    user_agent      varchar(2048) encode zstd,
    user_id         integer encode az64,
    object_no       integer encode az64,
    record_no       bigint encode az64
) diststyle even;
create table if not exists staging_songs (
    num_songs        integer encode az64,
    artist_id        varchar(64) encode zstd,
    artist_latitude  double precision encode zstd,
    artist_longitude double precision encode zstd,
    artist_location  varchar(1024) encode zstd,
    artist_name      varchar(1024) encode zstd,
    song_id          varchar(64) encode zstd,
    title            varchar(1024) encode zstd,
    duration         decimal(12, 5) encode az64,
    year             integer encode az64,
    object_no        integer encode az64,
    record_no        bigint encode az64
) diststyle even;
create table if not exists etl_runs (
    run_id         bigint encode az64 not null primary key,
    started_at     timestamp encode az64 not null,
    finished_at    timestamp encode az64,
    status         varchar(16) encode zstd not null,
    objects        bigint encode az64 not null,
    bytes          bigint encode az64 not null,
    events         bigint encode az64 not null,
    songs          bigint encode az64 not null,
    plays          bigint encode az64 not null,
    duplicates     bigint encode az64 not null,
    rejects        bigint encode az64 not null,
    failed_objects bigint encode az64 not null,
    late_matches   bigint encode az64,
    version        varchar(64) encode zstd not null
) diststyle all;
create table if not exists etl_objects (
    uri        varchar(8192) encode raw not null,
    etag       varchar(256) encode zstd not null,
    size_bytes bigint encode az64 not null,
    run_id     bigint encode az64 not null,
    records    bigint encode az64 not null,
    loaded     bigint encode az64 not null,
    duplicates bigint encode az64 not null,
    rejects    bigint encode az64 not null,
    kind       varchar(8) encode zstd not null
) diststyle even sortkey (uri);
create table if not exists etl_rejects (
    run_id      bigint encode raw not null,
    uri         varchar(8192) encode zstd not null,
    line        bigint encode az64 not null,
    byte_offset bigint encode az64 not null,
    column_name varchar(64) encode zstd,
    reason      varchar(64) encode zstd not null,
    raw_text    varchar(65535) encode zstd not null,
    record_no   bigint encode az64 not null
) diststyle even sortkey (run_id);
create table if not exists etl_drift (
    run_id   bigint encode az64 not null,
    kind     varchar(8) encode zstd not null,
    key_name varchar(1024) encode zstd not null,
    is_known integer encode az64 not null,
    records  bigint encode az64 not null
) diststyle all;
create table if not exists etl_schema (
    version    integer encode az64 not null,
    created_by varchar(64) encode zstd not null
) diststyle all;
create table if not exists etl_lock (
    nothing integer encode raw
) diststyle all
