"""Where the real inputs lie that tests may read, and the skip for machines that lack them."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared with the real inputs is absent")
