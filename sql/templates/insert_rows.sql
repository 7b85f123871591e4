-- A few rows of a run's own accounts.
insert into {{table}} ({{columns}})
values {{rows}}
