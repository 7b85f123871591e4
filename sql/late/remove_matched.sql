delete from unmatched_songplays
where songplay_id in (select songplay_id from {{temp}}late_matches);
drop table {{temp}}late_matches
