"""Who was paged hears the end of it in the words of then, when the ticket is another contract's by now."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.notifier.test_heeded import CHAIN, CLOCK, NOW, fact

from sla_domain.fact import FactKind
from sla_notifier.alert.decide import breached, ended
from sla_platform.wire import ClockFact
from sla_platform.wire.clock import fact_id

THEN = {"title": "Acme's checkout", "customer": "Acme", "url": "https://acme.example/1", "contract": "acme"}
NOW_IS = {"title": "Beta's till", "customer": "Beta", "url": "https://beta.example/1", "contract": "beta"}


def closing(**more: object) -> ClockFact:
    told = fact(FactKind.CLOCK_BREACHED, generation=0, **THEN)
    alert = breached(None, told, fact_id(CLOCK, "github:7", "0/breach"), CHAIN, NOW).alert
    assert alert is not None
    (occasion,) = ended(alert, fact(FactKind.CLOCK_RETARGETED, generation=2, **more), "id", NOW).occasions
    assert occasion.contract == "acme"
    assert isinstance(occasion.content, ClockFact)
    return occasion.content


def test_the_names_of_the_next_contract_are_not_told_to_the_people_of_the_one_before() -> None:
    details = {"why": "beta: their words", "agreed_by": "Bert", "old_generation": "0"}
    told = closing(**NOW_IS, due_at=NOW + timedelta(hours=3), details=details)
    assert {name: getattr(told, name) for name in THEN} == THEN
    assert told.details == {"old_generation": "0"}
    assert told.kind is FactKind.CLOCK_RETARGETED


def test_under_the_same_contract_the_fact_is_told_as_it_is() -> None:
    told = closing(**THEN | {"title": "Acme's checkout, again"}, due_at=NOW + timedelta(hours=3), details={"why": "p1"})
    assert (told.title, told.details) == ("Acme's checkout, again", {"why": "p1"})
