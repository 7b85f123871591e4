-- title:    songs: duration is above 0 and below a day
-- severity: warn
-- after:    check
select count(*) as violations, min(song_id) as example
from songs
where duration <= 0 or duration >= 86400
