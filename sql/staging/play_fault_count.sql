-- How many staged plays are not the first with their songplay_id.
select count(*) as faults from {{temp}}play_faults
