"""The timer's HTTP side: `routes`, what each answers (`incident`, `clocks`, `deadlines`) and its shape (`model`)."""

from __future__ import annotations

from sla_timer.api.routes import router

__all__ = ["router"]
