-- title:    artists: latitude within 90, longitude within 180 degrees
-- severity: warn
-- after:    check
select count(*) as violations, min(artist_id) as example
from artists
where latitude not between -90 and 90 or longitude not between -180 and 180
