"""The routes of slad by what the key of one contract may do with them. One that is not sorted in fails the matrix."""

from __future__ import annotations

# What a route shows, by method and path.
OPEN = {  # nothing of anybody's tickets
    "GET /livez", "GET /readyz", "GET /metrics", "GET /info", "GET /openapi.json", "GET /docs", "GET /docs/{name}",
    "GET /docs/{name}/openapi.json", "GET /board/static/{name}",
    "OPTIONS /v1/events", "OPTIONS /v1/webhooks/{source}",
}  # fmt: skip
LINKS = {  # the token is the key
    f"{method} {path}/{{token}}"
    for method in ("GET", "POST")
    for path in (
        "/ack", "/answers", "/contacts/stop", "/contacts/resume", "/registrations/confirm", "/registrations/end",
    )
}  # fmt: skip
LINKS |= {"GET /plans/{token}", "GET /plans/{token}/plan.pdf"}
SIGNED = {f"{verb} /v1/webhooks/{{source}}" for verb in ("POST", "GET")}  # the sender's own proof
OF_A_TICKET = {
    "GET /v1/incidents/{incident:path}", "GET /v1/incidents/{incident:path}/explain", "GET /incidents/{incident:path}",
    "GET /v1/evidence/timer/{incident:path}",
    "GET /v1/board/incidents/{incident:path}", "GET /v1/stream/incidents/{incident:path}",
}  # fmt: skip
INCIDENT_LISTS = {
    "GET /incidents", "GET /v1/incidents", "GET /v1/incidents.csv", "GET /v1/incidents.jsonl",
    "GET /v1/incidents.events.jsonl",
}  # fmt: skip
LISTS = INCIDENT_LISTS | {
    "GET /", "GET /notices", "GET /v1/clocks", "GET /v1/due.ics", "GET /v1/board/clocks", "GET /v1/stream",
    "GET /v1/alerts",
    "GET /v1/deliveries", "GET /pauses", "GET /v1/pauses", "GET /v1/pauses/shares", "GET /breaches", "GET /v1/breaches",
    "GET /sources", "GET /v1/sources", "GET /v1/questions", "GET /v1/opt-outs",
}  # fmt: skip
OF_AN_ALERT = {
    "GET /v1/alerts/{id_}", "POST /v1/alerts/{id_}/ack", "POST /v1/alerts/{id_}/take", "POST /v1/alerts/{id_}/pass",
    "POST /v1/alerts/{id_}/snooze",
}  # fmt: skip
ASKED_OF_AN_ALERT = {"pass": {"to": "nobody"}, "snooze": {"until": "2090-01-01T00:00:00Z"}}  # refused in any case
OF_A_DELIVERY = {"GET /v1/deliveries/{id_}", "POST /v1/deliveries/{id_}/retry"}
OF_A_BREACH = {"GET /v1/breaches/{clock}", "PUT /v1/breaches/{clock}/reason"}  # by the id of its clock
ON_CALL = {"GET /v1/oncall", "GET /v1/oncall/{rota}.ics", "GET /v1/oncall/{rota}/overrides"}
FOR_ALL_CONTRACTS = {  # never with the key of one
    "GET /v1/parked", "GET /v1/parked/{id}/body", "POST /v1/parked/{id}/replay", "POST /v1/notices",
    "GET /v1/sources/{source}/deliveries", "GET /v1/sources/{source}/parked", "POST /v1/sources/{source}/trial",
    "GET /sources/{source}/parked", "GET /v1/endpoints", "POST /v1/endpoints/{id_}/enable",
    *(f"{verb} /v1/quarantine/{service}{rest}"
      for service in ("ingest", "timer", "notifier", "board")
      for verb, rest in (("GET", ""), ("GET", "/{id_}"), ("GET", "/{id_}/body"), ("POST", "/{id_}/replay"))),
}  # fmt: skip
OF_A_CONTRACT = {  # those of its own for the key of one contract
    "GET /v1/contracts/{contract}", "GET /v1/contracts/{contract}/changes",
    "GET /v1/contracts/{contract}/versions/{number}", "GET /v1/contracts/{contract}/windows",
    "GET /v1/contracts/{contract}/profile", "GET /contracts/{contract}", "GET /v1/board/contracts/{contract}",
    "GET /contracts/{contract}/plan.pdf",
    "GET /v1/breakdowns",
    "GET /v1/contracts/{contract}/ledgers", "GET /v1/contracts/{contract}/ledgers/{allowance}",
    "GET /reports/{contract}", "GET /v1/reports/{contract}", "GET /v1/reports/{contract}/frozen",
    "GET /v1/reports/{contract}/diff",
}  # fmt: skip
FREEZES = {"POST /v1/reports/{contract}/freeze"}  # an admin's, of its own contract
LISTS_CONTRACTS = {
    "GET /v1/contracts",
    "GET /v1/unheld-hours",
    "GET /contracts",
    "GET /v1/attainment",
    "GET /attainment",
}
CHANGES_CONTRACTS = {
    "POST /v1/contracts", "PUT /v1/contracts/{contract}", "PUT /v1/contracts/{contract}/profile",
    "POST /v1/contracts/{contract}/end", "POST /v1/contracts/{contract}/versions/{number}/withdraw",
    "POST /v1/contracts/{contract}/freeze", "POST /v1/contracts/{contract}/windows",
    "POST /v1/contracts/{contract}/windows/{booking}/cancel",
    "POST /v1/contracts/{contract}/ledgers/{allowance}/entries",
    "PUT /v1/contracts/{contract}/people/{person}", "DELETE /v1/contracts/{contract}/people/{person}",
    "PUT /v1/contracts/{contract}/roles/{role}",
}  # fmt: skip
FOR_ALL_CONTRACTS |= CHANGES_CONTRACTS
FOR_ALL_CONTRACTS |= {
    "POST /v1/board/contracts/{contract}/links", "GET /v1/board/contracts/{contract}/links",
    "DELETE /v1/board/contracts/{contract}/links/{id_}",
}  # fmt: skip
FOR_ALL_CONTRACTS |= {"POST /v1/oncall/{rota}/overrides", "DELETE /v1/oncall/overrides/{id_}"}
LOGS = ("platform", "ingest", "timer", "notifier", "board")
FOR_ALL_CONTRACTS |= {f"GET /v1/audit/{log}/{rest}" for log in LOGS for rest in ("export", "head")}
FOR_ALL_CONTRACTS |= {"GET /v1/evidence/ingest/{incident:path}"}  # raw deliveries
# Of a ticket as it bore the contract; of one that is not the key's there is nothing to tell.
EVIDENCE = {"GET /v1/evidence/notifier/{incident:path}", "GET /v1/evidence/board/{incident:path}"}
ACTS = {f"GET /v1/audit/{log}" for log in LOGS}  # an admin's, and the part of its own for the key of a contract
REGISTRATIONS = {"GET /v1/registrations", "DELETE /v1/registrations/{id_}"}  # an admin's, those of its own contract
ASKS = {  # tested by themselves, those of notices with the notifier; of systems the same is said to everybody
    "GET /sources/connect/{system}",
    "POST /v1/deadlines", "POST /v1/events", "POST /v1/registrations", "GET /v1/notices/{id_}",
}  # fmt: skip
OF_TWO_TICKETS = {"POST /v1/links", "DELETE /v1/links"}  # both the key's own now
STREAMS = {"GET /v1/stream", "GET /v1/stream/incidents/{incident:path}"}
TELLS_EVENTS = OF_A_TICKET - {"GET /v1/incidents/{incident:path}/explain"}

ROUTED = (
    OPEN, LINKS, SIGNED, OF_A_TICKET, LISTS, OF_AN_ALERT, OF_A_DELIVERY, OF_A_BREACH, OF_A_CONTRACT, LISTS_CONTRACTS,
    FREEZES, ON_CALL, FOR_ALL_CONTRACTS, ACTS, ASKS, REGISTRATIONS, EVIDENCE, OF_TWO_TICKETS,
)  # fmt: skip
