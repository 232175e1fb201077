"""Where the real inputs lie that tests may read, and the skip for machines that lack them."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"

DATA_ABSENT = "../shared with the real inputs is absent"
"""The reason of a skip for want of data. Data are no real part: the switch for those lets it pass."""

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=DATA_ABSENT)
