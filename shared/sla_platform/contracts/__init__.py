"""A service's own copy of the contracts' records: the table, the reader of the topic, and the records in memory."""
