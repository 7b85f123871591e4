-- A group's own tables: nothing of them reaches the warehouse file. Made anew for each group.
-- loading_events and loading_songs have the columns of the contract's staging tables.
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
create temporary table loading_events as
select * from staging_events where 1 = 0;
create temporary table loading_songs as
select * from staging_songs where 1 = 0;
create temporary table play_faults (
    object_no   integer,
    record_no   bigint,
    songplay_id bigint,
    is_conflict boolean
)
