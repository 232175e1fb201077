"""Traditional Chinese."""

from __future__ import annotations

from sla_domain.allowance import AllowancePeriod, AllowanceUnit
from sla_domain.explain.language.plural import PluralForm
from sla_domain.explain.ledger.words import LedgerWords
from sla_domain.ledger import EntryKind, RefusalReason

WORDS = LedgerWords(
    heading="合約 {contract} 的{allowance}，截至 {at}",
    free="剩餘 {free}，已預留 {reserved}",
    refused="拒絕：{why}。",
    clause="{why}（條款 {clause}）",
    later="{why}（在較晚的紀錄 {entry}）",
    step="{at}  {kind} {amount}{details}，剩餘 {balance}",
    paid="{lot} 支付 {amount}",
    part="{start}–{end} {reason}，× {multiplier}",
    surcharge="{raw} + {percent} %",
    by="{who}",
    open="服務時間內",
    outside_hours="服務時間外",
    units={
        AllowanceUnit.CREDITS: {
            PluralForm.OTHER: "{count} 點",
        },
        AllowanceUnit.DAYS: {
            PluralForm.OTHER: "{count} 天",
        },
        AllowanceUnit.VISITS: {
            PluralForm.OTHER: "{count} 次拜訪",
        },
        AllowanceUnit.CALLS: {
            PluralForm.OTHER: "{count} 次通話",
        },
    },
    kinds={
        EntryKind.GRANTED: "包含",
        EntryKind.BOUGHT: "購買",
        EntryKind.RESERVED: "預留",
        EntryKind.RELEASED: "釋放",
        EntryKind.USED: "使用",
        EntryKind.ADJUSTED: "調整",
        EntryKind.EXPIRED: "到期",
        EntryKind.REFUNDED: "退款",
        EntryKind.TRANSFERRED: "移至另一份合約",
        EntryKind.OPENING: "承前餘額",
    },
    periods={
        AllowancePeriod.TERM: "合約期間",
        AllowancePeriod.CONTRACT_YEAR: "合約年度",
        AllowancePeriod.CONTRACT_QUARTER: "合約季度",
        AllowancePeriod.CONTRACT_MONTH: "合約月份",
        AllowancePeriod.YEAR: "日曆年",
        AllowancePeriod.QUARTER: "季",
        AllowancePeriod.MONTH: "月",
    },
    reasons={
        RefusalReason.BELOW_ZERO: "不足 {missing}：當時可用 {free}",
        RefusalReason.AT_MOST: "每{period}最多 {limit}：自 {since} 起的期間將超出 {missing}",
        RefusalReason.NO_RESERVATION: "沒有未結的預留 {of}",
        RefusalReason.NOT_REFUNDABLE: "恕不退款",
        RefusalReason.NOT_TRANSFERABLE: "不得移至另一份合約",
        RefusalReason.ID_TAKEN: "另一筆紀錄已使用此識別碼",
        RefusalReason.COMPUTED: "這由合約得出，不可登錄",
        RefusalReason.OUTSIDE_CONTRACT: "合約當時無效",
        RefusalReason.IN_FUTURE: "這尚未發生",
        RefusalReason.SERVED_BEFORE: "服務會早於其預留",
        RefusalReason.NOT_A_BOOKING: "只有預留是為了之後的服務",
        RefusalReason.NO_SURCHARGE: "只有新的使用或預留有加價",
        RefusalReason.NO_AMOUNT: "請依紀錄種類提供數量或工作時間其中之一",
        RefusalReason.NOT_POSITIVE: "數量必須大於零",
        RefusalReason.NOT_WHOLE: "只計整數",
        RefusalReason.OUT_OF_BOUNDS: "數量或加價超出範圍，或小數超過六位",
        RefusalReason.NOT_HOURS: "只有時數依工作時間計算",
        RefusalReason.EMPTY_WORK: "工作在開始之前結束",
        RefusalReason.NOT_AT_END: "工作以其結束時刻登錄",
        RefusalReason.HOURS_UNKNOWN: "該時段的服務時間未知",
        RefusalReason.NO_REASON: "調整需要理由",
        RefusalReason.NO_AUTHOR: "紀錄未說明由誰登錄",
        RefusalReason.OF_A_WINDOW: "這是為已預約時段所作的預留：只有取消該時段才會釋放",
        RefusalReason.SERVED: "服務已提供，恕不退還",
        RefusalReason.CLOSED: "{since} 之前的紀錄已結帳：請改用較晚的日期，或附理由調整餘額",
    },
)
