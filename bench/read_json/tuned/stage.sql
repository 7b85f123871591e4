-- Staging with all that read_json can be told: columns and types, so that nothing is sampled; one
-- object a line in the logs, so that large files are read by many threads; small buffers for song
-- files, which are small and many.
create temporary table events as
select *
from read_json(
    '${log_data}/**/*.json',
    format = 'newline_delimited',
    columns = {
        artist: 'VARCHAR',
        firstName: 'VARCHAR',
        gender: 'VARCHAR',
        itemInSession: 'INTEGER',
        lastName: 'VARCHAR',
        length: 'VARCHAR',
        level: 'VARCHAR',
        location: 'VARCHAR',
        page: 'VARCHAR',
        sessionId: 'BIGINT',
        song: 'VARCHAR',
        ts: 'BIGINT',
        userAgent: 'VARCHAR',
        userId: 'VARCHAR'
    }
);
create temporary table song_records as
select *
from read_json(
    '${song_data}/**/*.json',
    format = 'unstructured',
    maximum_object_size = 65536,
    columns = {
        artist_id: 'VARCHAR',
        artist_latitude: 'DOUBLE',
        artist_longitude: 'DOUBLE',
        artist_location: 'VARCHAR',
        artist_name: 'VARCHAR',
        song_id: 'VARCHAR',
        title: 'VARCHAR',
        duration: 'VARCHAR',
        year: 'INTEGER'
    }
);
