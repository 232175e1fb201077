"""Traditional Chinese."""

from __future__ import annotations

from sla_domain.clock import ClockState
from sla_domain.event import WaitingOn
from sla_domain.explain.explanation import StepKind
from sla_domain.explain.language.words import Words
from sla_domain.incident import Scope
from sla_domain.rulebook import MatchReason

WORDS = Words(
    heading="{incident} 的{metric}，第 {cycle} 輪：{state}",
    contract="合約 {contract}：{reason}",
    plan="方案 {plan}：{scope}",
    priority="優先等級 {priority}",
    definition="{priority} 的定義：{definition}",
    target="目標 {target}，服務時段 {coverage}（{zone}），規則列 {row}",
    agreed="約定日期，由 {by} 議定：{reason}；原訂 {original}",
    agreed_without_reason="約定日期，由 {by} 議定；原訂 {original}",
    exempt="不計入達成率：{reason}（{by}）",
    rows="比對過的規則列",
    row_matched="符合",
    row_failed="不符：{attribute} 為 {actual}，此列要求 {wanted}",
    row_failed_not="不符：{attribute} 為 {actual}，此列排除 {wanted}",
    row_unspecified="符合但未訂數值：由合約提供",
    time="時間",
    total="累計 {total}",
    ahead="預計",
    credited="期限順延 {span}",
    due="期限 {due}",
    due_undefined="無期限：計時未進行",
    original="最初承諾 {due}",
    sums="已用 {consumed}，共 {allowed}，剩餘 {remaining}",
    sums_open="已用 {consumed}",
    left="剩餘",
    no_clock="{incident} 沒有進行中的計時。",
    remarks="對此事件的備註：",
    warned="警示 {threshold}：{at}",
    breached="逾期：{at}",
    withdrawn="自 {at} 起不再承諾：現行目錄或合約沒有此項目標",
    versions="目錄 {catalogue}，假日 {holidays}，時區資料 {tzdata}，行事曆 {calendar}",
    quality="時間品質：{quality}",
    unspecified="未訂",
    working_days="{count} 個工作天",
    wall="實際時間 {span}",
    nothing="無",
    hour="小時",
    minute="分",
    second="秒",
    weekdays=("週一", "週二", "週三", "週四", "週五", "週六", "週日"),
    columns=("時段", "類別", "計入", "累計"),
    states={
        ClockState.RUNNING: "計時中",
        ClockState.PAUSED: "暫停",
        ClockState.MET: "達成",
        ClockState.MISSED: "未達成",
        ClockState.CANCELLED: "已取消",
    },
    unanswered="自 {since} 起逾期，仍未回覆",
    unfulfilled="自 {since} 起逾期，仍未完成",
    broken_paused="{state}，自 {since} 起逾期",
    steps={
        StepKind.COUNTED: "計入",
        StepKind.OUTSIDE_HOURS: "非服務時間",
        StepKind.HOLIDAY: "假日",
        StepKind.CLOSING: "停止服務",
        StepKind.PAUSED: "暫停",
        StepKind.ENDED: "結束至重新開啟",
        StepKind.BEFORE_RESTART: "重新計時之前",
        StepKind.EARLIER: "較早的時段合計",
    },
    parties={
        WaitingOn.CUSTOMER: "等待客戶",
        WaitingOn.VENDOR: "等待供應商",
        WaitingOn.OTHER: "等待他方",
    },
    reasons={
        MatchReason.CUSTOMER: "客戶名稱屬於此合約",
        MatchReason.NO_CUSTOMER: "案件未註明客戶：適用預設合約",
        MatchReason.UNKNOWN_CUSTOMER: "沒有合約認得此客戶：適用預設合約",
        MatchReason.NOT_IN_FORCE: "客戶的合約當日未生效：適用預設合約",
    },
    scopes={
        Scope.EVERY_PRODUCT: "合約涵蓋所有產品",
        Scope.IN_SCOPE: "產品在合約範圍內",
        Scope.NO_PRODUCT: "案件未註明產品：視為在範圍內",
        Scope.OUT_OF_SCOPE: "產品不在合約範圍內：適用基礎方案的目標",
        Scope.EXCLUDED: "產品被合約排除：適用基礎方案的目標",
        Scope.OUT_OF_SCOPE_NO_BASE: "產品不在範圍內且無基礎方案：適用方案本身的規則列",
        Scope.EXCLUDED_NO_BASE: "產品被排除且無基礎方案：適用方案本身的規則列",
    },
)
