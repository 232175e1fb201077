"""Text from others made safe for a terminal: no control sequences, no change of the writing direction."""

from __future__ import annotations

import re

# These control a terminal (C0 and C1 controls), or shows text in another order than it is written
# (UAX #9: embeddings, overrides and isolates). Line breaks and tabs are ours as well.
ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def inert(text: str) -> str:
    """Return a text in a form that is safe to print on a terminal.

    Characters that control the terminal, or change the direction of text, become U+FFFD. Line breaks (LF) and tabs are
    kept.
    """
    return ORDERS.sub("\ufffd", text)
