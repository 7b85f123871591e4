select (select count(*) from {{temp}}.loading_events) as events,
       (select count(*) from {{temp}}.loading_songs) as songs
