-- The plays that a group's plays may be again.
select songplay_id
from songplays
where songplay_id >= cast($1 as bigint)
  and songplay_id <= cast($2 as bigint)
limit $3
