"""No text has an empty name, whatever is gone by the time it is written: metric, customer, contract, plan."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from tests.unit.notifier.test_telling import AROUND  # one set of surroundings for all

from sla_domain.fact import FactKind
from sla_notifier.alert.occasion import Occasion
from sla_notifier.delivery.state import Kind
from sla_notifier.telling.content import content_of
from sla_notifier.telling.notification import Recipient
from sla_platform.wire import ClockFact
