-- Takes back what an object that turned out to be damaged had staged.
delete from {{loading}}loading_events where object_no = $1
