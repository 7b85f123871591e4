-- title: What to add to the catalogue
-- place: 12
-- chart: table
-- levels: none
-- definition: The 50 songs that were started most often of those that no song of the catalogue
-- definition: matched, in the log's own text, with how many users started them.
with texts as (
    select songplay_id, song{{exact}} as song, artist{{exact}} as artist
    from unmatched_songplays
),
leaders as (
    select song, artist, plays
    from (
        select song,
               artist,
               plays,
               row_number() over (order by plays desc, song {{bytes}}, artist {{bytes}}) as nth
        from (
            select song, artist, count(*) as plays from texts group by song, artist
        ) totals
    ) ranked
    where nth <= 50
),
listeners as (
    select x.song, x.artist, count(distinct p.user_id) as users
    from texts x
    join leaders t on t.song = x.song and t.artist = x.artist
    join songplays p on p.songplay_id = x.songplay_id
    group by x.song, x.artist
)
select {{unmark}}t.song{{unmark_end}} as song,
       {{unmark}}t.artist{{unmark_end}} as artist,
       t.plays,
       l.users
from leaders t
join listeners l on l.song = t.song and l.artist = t.artist
order by t.plays desc, t.song {{bytes}}, t.artist {{bytes}}
