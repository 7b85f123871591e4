-- Replaces the rows of a table that a model selects anew, by key.
create temporary table new_{{table}} as
{{select}};
delete from {{table}}
where {{key}} in (select {{key}} from {{temp}}new_{{table}});
insert into {{table}}
select * from {{temp}}new_{{table}};
drop table {{temp}}new_{{table}}
