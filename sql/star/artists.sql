-- model: artists
-- grain: one artist; the last applied record replaces the whole row
-- key:   artist_id{{exact}}
-- needs: loading_songs
-- load:  delete_insert
select artist_id, name, location, latitude, longitude
from (
    select artist_id,
           artist_name as name,
           artist_location as location,
           artist_latitude as latitude,
           artist_longitude as longitude,
           row_number() over (
               partition by artist_id{{exact}} order by object_no desc, record_no desc
           ) as nth
    from {{loading}}loading_songs
) ranked
where nth = 1
