"""Reading the four topics into the board's own tables, in any order between topics, each event once."""
