-- Adds what a model selects to its table.
insert into {{table}}
{{select}}
