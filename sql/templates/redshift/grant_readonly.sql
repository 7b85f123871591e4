-- A user who reads the star and nothing else of ours.
revoke all on songplays, users, songs, artists, time, unmatched_songplays, plays, user_levels,
              staging_events, staging_songs, etl_runs, etl_objects, etl_rejects, etl_drift,
              etl_schema, etl_lock
from {{role}};
revoke create on schema {{schema}} from {{role}};
grant usage on schema {{schema}} to {{role}};
grant select on songplays, users, songs, artists, time, unmatched_songplays, plays, user_levels
to {{role}}
