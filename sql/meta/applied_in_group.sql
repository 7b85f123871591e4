-- The ledger, read again under the group's lock: objects that another run applied meanwhile.
select o.object_no
from {{temp}}loading_objects o
join etl_objects k on k.uri{{exact}} = o.uri{{exact}} and k.etag = o.etag
order by o.object_no
