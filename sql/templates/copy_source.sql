-- Redshift reads source objects by itself and under its own role. The paths stand in the order of the
-- columns; a key that is not there is NULL.
copy {{table}} ({{columns}})
from '{{manifest}}'
iam_role '{{role}}'
{{region}} manifest {{compression}} json '{{jsonpaths}}' compupdate off statupdate off
