-- A group's tables that one session alone sees, empty.
create temporary table if not exists loading_objects (
    object_no      integer,
    kind           varchar(8),
    uri            varchar(8192),
    etag           varchar(256),
    size_bytes     bigint,
    records        bigint,
    decode_rejects bigint,
    staged         bigint
);
create temporary table if not exists play_faults (
    object_no   integer,
    record_no   bigint,
    songplay_id bigint,
    is_conflict boolean
);
delete from {{temp}}loading_objects;
delete from {{temp}}play_faults
