delete from {{temp}}play_faults
