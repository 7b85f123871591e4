-- Keeps what a model selects for the rest of the transaction.
insert into {{temp}}{{table}}
{{select}}
