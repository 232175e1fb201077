"""Pure SLA rules, standard library only: no await, no I/O, no logging, no clock; `now` is an argument.

Read it in this order:

* what happens and what was bought: `event`, `plan`, `metrics`, `contract`, `rulebook`;
* when time counts: `calendar`;
* what follows: `incident` and `clock` (the values), `fold` (events → incident), `preview` (what would be due);
* what is published: `fact`, `published`, `diff`, `promise`, and the reasons: `explain`;
* whom to notify, and what comes first: `roles`, `escalation`, `notice` with `version`, `urgency`;
* what can go wrong: `errors`.
"""
