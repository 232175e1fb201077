"""`python -m sla_standalone` is `slad`."""

from __future__ import annotations

from sla_standalone.cli import main

main()
