"""Tickets are called by the name that people use, whatever number their system gives them."""

from __future__ import annotations

import pytest

from sla_domain.ticket_key import LONGEST, ticket_key, unstated_key


@pytest.mark.parametrize(
    ("incident", "url", "stated", "name"),
    [
        ("jira-acme:10077", "https://acme.atlassian.net/browse/SUP-77", "", "SUP-77"),
        ("jira-acme:10077", "https://acme.atlassian.net/browse/SUP-77?focusedId=1#c", "", "SUP-77"),
        ("jira-acme:10077", "https://acme.atlassian.net/browse/sup-77/", "", "SUP-77"),
        ("jira-acme:10077", "https://acme.atlassian.net/browse/OLD-1", "SUP-77", "SUP-77"),
        ("github:99120", "https://github.com/acme/shop/issues/12", "", "acme/shop#12"),
        ("github:99120", "https://git.acme.example:8443/acme/shop.web/issues/12/", "", "acme/shop.web#12"),
        ("gitlab:5", "https://gitlab.com/acme/web/shop/-/issues/12", "", "acme/web/shop#12"),
        ("desk:INC-9", "", "", "INC-9"),
        ("desk:INC-9", "https://desk.example/ticket?id=9", "", "INC-9"),
        ("desk:a:b", "", "", "a:b"),
        ("odd", "", "", "odd"),
        ("desk:", "", "", "desk:"),
        ("desk:1", "not an address", "", "desk:1"),
        ("desk:1", "", "  two\n words ", "two words"),
        ("desk:1", "", "x" * 500, "x" * LONGEST),
    ],
)
def test_a_ticket_is_called_as_people_call_it(incident: str, url: str, stated: str, name: str) -> None:
    assert ticket_key(incident, url, stated) == name
    assert ticket_key(incident, url, unstated_key(incident, url, stated)) == name


def test_a_name_that_follows_from_the_rest_is_not_repeated() -> None:
    assert unstated_key("jira:1", "https://a.example/browse/SUP-77", "SUP-77") == ""
    assert unstated_key("jira:1", "https://a.example/browse/SUP-77", "") == ""
    assert unstated_key("jira:1", "", "SUP-77") == "SUP-77"
