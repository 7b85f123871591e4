cast({{column}} as varchar)
