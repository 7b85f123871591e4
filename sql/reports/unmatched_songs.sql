-- title: What to add to the catalogue
-- place: 12
-- chart: table
-- levels: none
-- definition: The 50 songs that were started most often of those that no song of the catalogue
-- definition: matched, in the log's own text, with how many users started them.
with leaders as (
    select song, artist, count(*) as plays
    from (select song{{exact}} as song, artist{{exact}} as artist from unmatched_songplays) texts
    group by song, artist
    order by plays desc,
             {{unmark}}song{{unmark_end}} {{bytes}}, char_length(song),
             {{unmark}}artist{{unmark_end}} {{bytes}}, char_length(artist)
    limit 50
),
listeners as (
    select l.song, l.artist, count(distinct p.user_id) as users
    from unmatched_songplays u
    join leaders l on l.song = u.song{{exact}} and l.artist = u.artist{{exact}}
    join songplays p on p.songplay_id = u.songplay_id
    group by l.song, l.artist
)
select {{unmark}}l.song{{unmark_end}} as song,
       {{unmark}}l.artist{{unmark_end}} as artist,
       l.plays,
       n.users
from leaders l
join listeners n on n.song = l.song and n.artist = l.artist
order by l.plays desc,
         {{unmark}}l.song{{unmark_end}} {{bytes}}, char_length(l.song),
         {{unmark}}l.artist{{unmark_end}} {{bytes}}, char_length(l.artist)
