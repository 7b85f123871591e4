-- title: Who comes back
-- place: 7
-- chart: retention
-- levels: none
-- definition: A cohort is the users whose first song ever was started in one week (Monday to
-- definition: Sunday, UTC), named by its Monday. Week 0 is that week, week 1 the next. users:
-- definition: those of the cohort who started a song in the week; weeks in which nobody did are
-- definition: left out. The newest week may not be over yet.
with user_weeks as (
    select distinct user_id, cast(date_trunc('week', start_time) as date) as monday
    from songplays
),
firsts as (
    select user_id, min(monday) as cohort
    from user_weeks
    group by user_id
),
sizes as (
    select cohort, count(*) as cohort_users
    from firsts
    group by cohort
),
counted as (
    select f.cohort, w.monday, count(*) as users
    from user_weeks w
    join firsts f on f.user_id = w.user_id
    group by f.cohort, w.monday
)
select c.cohort,
       cast((c.monday - c.cohort) / 7 as integer) as week,
       c.users,
       s.cohort_users
from counted c
join sizes s on s.cohort = c.cohort
order by c.cohort desc, week
