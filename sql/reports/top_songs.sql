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
popular as (
    select song, artist, nth
    from (
        select song,
               artist,
               row_number() over (order by plays desc, song {{bytes}}, artist {{bytes}}) as nth
        from totals
    ) ranked
    where nth <= 1000
),
started as (
    select p.start_time, p.level, o.song, o.artist
    from songplays p
    join songs s on s.song_id{{exact}} = p.song_id{{exact}}
    join popular o on o.song = s.title{{exact}} and o.artist = s.artist_name{{exact}}
    union all
    select p.start_time, p.level, o.song, o.artist
    from unmatched_songplays u
    join popular o on o.song = u.song{{exact}} and o.artist = u.artist{{exact}}
    join songplays p on p.songplay_id = u.songplay_id
),
span as (
    select cast(max(start_time) as date) - cast(min(start_time) as date) as days from songplays
),
by_day as (
    select day, level, song, artist, count(*) as plays
    from (
        select case when s.days > 120 then cast(date_trunc('week', p.start_time) as date)
                    else cast(p.start_time as date) end as day,
               coalesce(p.level, 'unknown'){{exact}} as level,
               p.song,
               p.artist
        from started p
        cross join span s
    ) dated
    group by day, level, song, artist
),
leaders as (
    select song, artist from popular where nth <= 30
    union
    select song, artist
    from (
        select song,
               artist,
               row_number() over (
                   partition by level order by sum(plays) desc, song {{bytes}}, artist {{bytes}}
               ) as nth
        from by_day
        group by level, song, artist
    ) ranked
    where nth <= 30
)
select b.day,
       {{unmark}}b.level{{unmark_end}} as level,
       {{unmark}}b.song{{unmark_end}} as song,
       {{unmark}}b.artist{{unmark_end}} as artist,
       b.plays
from by_day b
join leaders t on t.song = b.song and t.artist = b.artist
order by b.day desc, b.plays desc, b.song {{bytes}}, b.artist {{bytes}}, b.level {{bytes}}
