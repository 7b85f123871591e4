-- After a large load. Redshift passes over tables that have hardly changed.
analyze songplays;
analyze unmatched_songplays;
analyze time;
analyze users;
analyze songs;
analyze artists
