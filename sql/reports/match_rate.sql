-- title: Plays that the catalogue knows
-- place: 11
-- chart: line
-- levels: sum
-- definition: matched: plays whose title, artist's name and length are those of a song in the
-- definition: catalogue. The match rate is matched divided by plays.
select day, {{unmark}}level{{unmark_end}} as level, plays, matched
from (
    select day, level, count(*) as plays, count(song_id) as matched
    from (
        select cast(start_time as date) as day,
               coalesce(level, 'unknown'){{exact}} as level,
               song_id
        from songplays
    ) started
    group by day, level
) counted
order by day desc, level {{bytes}}
