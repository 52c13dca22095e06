"""Where it is kept: connection, schema, writes, queries."""
