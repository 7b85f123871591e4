copy {{table}} ({{columns}}) from stdin (format binary)
