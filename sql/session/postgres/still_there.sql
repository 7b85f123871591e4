-- Nothing but a question to which only a session that is there has an answer.
select 1 as is_there
