-- Typed records that the contract rejects, and those whose order in the source would tell what is
-- right: two events of one user that are equally late.
select coalesce(sum(case
                        when item_in_session < 0
                             or item_in_session > 1048575
                             or session_id < 0
                             or session_id > 4398046511103
                             or user_id < 0
                             or ts > cast('9999-12-31 23:59:59.999' as timestamp)
                            then 1
                        else 0
                    end), 0) as outside,
       coalesce(sum(case
                        when page is null
                             or ts is null
                             or session_id is null
                             or item_in_session is null
                             or (page || '.' = 'NextSong.'
                                 and (user_id is null
                                      or song is null
                                      or artist is null
                                      or length is null))
                            then 1
                        else 0
                    end), 0) as incomplete,
       (select count(*)
        from (
            select user_id
            from loading_events
            where user_id is not null
            group by user_id, ts, session_id * 1048576 + item_in_session
            having count(*) > 1
        ) equals) as undecided
from loading_events
