"""Registration for notices: an address asks, confirms by the link in a mail, and ends it by the link in each notice."""
