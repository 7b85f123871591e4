-- title: Top songs
-- place: 4
-- chart: top
-- levels: sum
-- long_range: week
-- definition: The 30 songs that were started most often, and the 30 of each level, of the 1,000
-- definition: that were started most often of all. A song is a title and an artist's name; where
-- definition: no song of the catalogue matched the play, they are the log's own text. Where the
-- definition: data go over more than 120 days, day is the Monday of the week.
with totals as (
    select song, artist, sum(plays) as plays
    from (
        select s.title{{exact}} as song, s.artist_name{{exact}} as artist, p.plays
        from (
            select song_id, count(*) as plays
            from songplays
            where song_id is not null
            group by song_id
        ) p
        join songs s on s.song_id{{exact}} = p.song_id{{exact}}
        union all
        select song, artist, count(*)
        from (
            select song{{exact}} as song, artist{{exact}} as artist from unmatched_songplays
        ) texts
        group by song, artist
    ) each_kind
    group by song, artist
),
-- From here on each has a number, in the order of the names.
popular as (
    select row_number() over (
               order by {{unmark}}song{{unmark_end}} {{bytes}}, char_length(song),
                        {{unmark}}artist{{unmark_end}} {{bytes}}, char_length(artist)
           ) as number,
           song,
           artist,
           row_number() over (
               order by plays desc,
                        {{unmark}}song{{unmark_end}} {{bytes}}, char_length(song),
                        {{unmark}}artist{{unmark_end}} {{bytes}}, char_length(artist)
           ) as nth
    from (
        select song, artist, plays
        from totals
        order by plays desc,
                 {{unmark}}song{{unmark_end}} {{bytes}}, char_length(song),
                 {{unmark}}artist{{unmark_end}} {{bytes}}, char_length(artist)
        limit 1000
    ) most_played
),
known as (
    select s.song_id{{exact}} as song_id, o.number
    from songs s
    join popular o on o.song = s.title{{exact}} and o.artist = s.artist_name{{exact}}
),
started as (
    select p.start_time, p.level, k.number
    from songplays p
    join known k on k.song_id = p.song_id{{exact}}
    union all
    select p.start_time, p.level, o.number
    from unmatched_songplays u
    join popular o on o.song = u.song{{exact}} and o.artist = u.artist{{exact}}
    join songplays p on p.songplay_id = u.songplay_id
),
span as (
    select cast(max(start_time) as date) - cast(min(start_time) as date) as days from songplays
),
by_day as (
    select day, level, number, count(*) as plays
    from (
        select case when s.days > 120 then cast(date_trunc('week', p.start_time) as date)
                    else cast(p.start_time as date) end as day,
               coalesce(p.level, 'unknown'){{exact}} as level,
               p.number
        from started p
        cross join span s
    ) dated
    group by day, level, number
),
leaders as (
    select number from popular where nth <= 30
    union
    select number
    from (
        select number,
               row_number() over (partition by level order by sum(plays) desc, number) as nth
        from by_day
        group by level, number
    ) ranked
    where nth <= 30
)
select b.day,
       {{unmark}}b.level{{unmark_end}} as level,
       {{unmark}}o.song{{unmark_end}} as song,
       {{unmark}}o.artist{{unmark_end}} as artist,
       b.plays
from by_day b
join leaders l on l.number = b.number
join popular o on o.number = b.number
order by b.day desc, b.plays desc, b.number, b.level {{bytes}}
