-- Staging with all that read_json can be told. Columns and types, so that nothing is sampled; one
-- object a line in the logs, so that threads share large files; no such promise for song files, and
-- small buffers, as they are many and small.
create temporary table events as
select *
from read_json(
    '${log_data}/**/*.json',
    format = 'newline_delimited',
    columns = {
        artist: 'VARCHAR',
        auth: 'VARCHAR',
        firstName: 'VARCHAR',
        gender: 'VARCHAR',
        itemInSession: 'INTEGER',
        lastName: 'VARCHAR',
        length: 'DECIMAL(12,5)',
        level: 'VARCHAR',
        location: 'VARCHAR',
        method: 'VARCHAR',
        page: 'VARCHAR',
        registration: 'BIGINT',
        sessionId: 'BIGINT',
        song: 'VARCHAR',
        status: 'INTEGER',
        ts: 'BIGINT',
        userAgent: 'VARCHAR',
        userId: 'VARCHAR'
    }
);
create temporary table song_records as
select *
from read_json(
    '${song_data}/**/*.json',
    filename = true,
    format = 'unstructured',
    maximum_object_size = 65536,
    columns = {
        num_songs: 'INTEGER',
        artist_id: 'VARCHAR',
        artist_latitude: 'DOUBLE',
        artist_longitude: 'DOUBLE',
        artist_location: 'VARCHAR',
        artist_name: 'VARCHAR',
        song_id: 'VARCHAR',
        title: 'VARCHAR',
        duration: 'DECIMAL(12,5)',
        year: 'INTEGER'
    }
);
