-- Where Redshift's own COPY of event logs puts what it finds: all of it as text, so that the
-- statements behind it decide what a value is, and not COPY. A text column has room for one byte more
-- than the contract allows.
create temporary table if not exists source_events (
    artist          varchar(1025),
    auth            varchar(65),
    first_name      varchar(1025),
    gender          varchar(65),
    item_in_session varchar(64),
    last_name       varchar(1025),
    length          varchar(64),
    level           varchar(65),
    location        varchar(1025),
    method          varchar(65),
    page            varchar(65),
    registration    varchar(64),
    session_id      varchar(64),
    song            varchar(1025),
    status          varchar(64),
    ts              varchar(64),
    user_agent      varchar(2049),
    user_id         varchar(64)
);
delete from source_events
