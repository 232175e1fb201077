"""Texts for a terminal: what others wrote commands no terminal and turns no text round."""

from __future__ import annotations

import re

# By these a terminal is told what to do (C0 and C1 controls), or shows text in another order than it is written
# (UAX #9: embeddings, overrides and isolates). Line breaks and tabs are ours as well.
ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def inert(text: str) -> str:
    """Return the text in a form that is safe to show on a terminal.

    Characters that would command the terminal become U+FFFD. So do characters that would change the order in which text
    is shown. Line breaks (LF) and tabs are kept.
    """
    return ORDERS.sub("\ufffd", text)
