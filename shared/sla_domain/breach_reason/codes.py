"""The codes that slad offers for the reasons of breaches, in the languages of its explanations."""

from __future__ import annotations

from types import MappingProxyType

from sla_domain.breach_reason.model import ReasonCode
from sla_domain.language_table import language_table

_TITLES = language_table(
    {
        "en": {
            "no_capacity": "Nobody was free",
            "overlooked": "Overlooked",
            "late_handover": "Handed over late",
            "wrong_group": "Assigned to the wrong group",
            "wrong_priority": "Wrong priority",
            "hard": "Harder than expected",
            "customer": "The customer's information or access was missing",
            "vendor": "The vendor was late",
            "defect": "A defect in the product",
            "outage": "A larger outage",
            "not_recorded": "Done in time, recorded late",
            "other": "Another reason",
        },
        "pl": {
            "no_capacity": "Brak wolnych osób",
            "overlooked": "Przeoczone",
            "late_handover": "Późno przekazane",
            "wrong_group": "Przypisane niewłaściwej grupie",
            "wrong_priority": "Niewłaściwy priorytet",
            "hard": "Trudniejsze, niż się zdawało",
            "customer": "Brak informacji lub dostępu od klienta",
            "vendor": "Opóźnienie po stronie dostawcy",
            "defect": "Błąd w produkcie",
            "outage": "Większa awaria",
            "not_recorded": "Wykonane w terminie, zapisane późno",
            "other": "Inny powód",
        },
        "it": {
            "no_capacity": "Nessuno disponibile",
            "overlooked": "Sfuggito",
            "late_handover": "Passato in ritardo",
            "wrong_group": "Assegnato al gruppo sbagliato",
            "wrong_priority": "Priorità errata",
            "hard": "Più difficile del previsto",
            "customer": "Mancavano informazioni o accessi del cliente",
            "vendor": "Ritardo del fornitore",
            "defect": "Difetto del prodotto",
            "outage": "Guasto più ampio",
            "not_recorded": "Fatto in tempo, registrato in ritardo",
            "other": "Altro motivo",
        },
        "ru": {
            "no_capacity": "Не было свободных людей",
            "overlooked": "Упустили",
            "late_handover": "Поздно передано",
            "wrong_group": "Назначено не той группе",
            "wrong_priority": "Неверный приоритет",
            "hard": "Сложнее, чем ожидалось",
            "customer": "Не было сведений или доступа от клиента",
            "vendor": "Задержка со стороны поставщика",
            "defect": "Дефект продукта",
            "outage": "Крупный сбой",
            "not_recorded": "Сделано вовремя, записано поздно",
            "other": "Другая причина",
        },
        "zh-TW": {
            "no_capacity": "無人力可用",
            "overlooked": "遭忽略",
            "late_handover": "轉交過晚",
            "wrong_group": "指派給錯誤的群組",
            "wrong_priority": "優先順序錯誤",
            "hard": "比預期困難",
            "customer": "缺少客戶的資訊或存取權",
            "vendor": "供應商延誤",
            "defect": "產品缺陷",
            "outage": "大規模中斷",
            "not_recorded": "已準時完成，但登錄過晚",
            "other": "其他原因",
        },
    }
)

DEFAULT_CODES: tuple[ReasonCode, ...] = tuple(
    ReasonCode(id_, MappingProxyType({tag: titles[id_] for tag, titles in _TITLES.items()}), needs_text=id_ == "other")
    for id_ in _TITLES["en"]
)
"""The codes of a plan that names none."""
