-- Plays whose id is taken by another play, to be found again in their objects.
select object_no, record_no
from {{temp}}play_faults
where is_conflict
order by object_no, record_no
