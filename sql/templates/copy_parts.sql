-- Redshift reads the parts that our decoder wrote, by itself and under its own role. A field of one NUL
-- is NULL: no text of ours holds a NUL.
copy {{table}} ({{columns}})
from '{{manifest}}'
iam_role '{{role}}'
{{region}} manifest csv gzip null as '\0' timeformat 'auto' compupdate off statupdate off
