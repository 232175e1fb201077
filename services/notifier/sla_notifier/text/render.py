"""From content and a language to subject, text, HTML and the webhook's body."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, assert_never

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sla_domain.plan import Allowed, CoverageTime, Unspecified, WallTime, WorkingDayTime
from sla_notifier.delivery.state import MessageKind
from sla_notifier.text.content import (
    ChangedText,
    Content,
    CountedAndWall,
    Message,
    Phrase,
    PromiseTerms,
    ShortInstant,
    Value,
)
from sla_notifier.text.words import (
    instant_in_words,
    load_locale,
    locale_of,
    one_line,
    short_instant_in_words,
    span_in_words,
)

FOLDER = Path(__file__).parent / "templates"
ENGLISH = "en"
_LINE = "line"
_OF_A_MAIL = ("subject", "heading", "lead", "stop")
_COLOURS = {
    MessageKind.WARNING: "#bf8700",
    MessageKind.PAGE: "#cf222e",
    MessageKind.INFO: "#bc4c00",
    MessageKind.UNPROMISED: "#0969da",
    MessageKind.RESOLVED: "#1a7f37",
    MessageKind.TAKEN_BACK: "#1a7f37",
    MessageKind.CRITICAL_FIX: "#8250df",
    MessageKind.ADVISORY: "#0969da",
    MessageKind.NOTICE_ENDED: "#1a7f37",
    MessageKind.OBJECTIVE: "#bf8700",
    MessageKind.REPORT: "#0969da",
    MessageKind.CONFIRMATION: "#0969da",
    MessageKind.DIGEST: "#cf222e",
}


class Texts:
    """The texts and message templates of every language in a folder; each file is read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._plain = _environment(folder, escape=False)
        self._html = _environment(folder, escape=True)
        self._words = cache(self._read)

    def load(self) -> None:
        """Read every file into memory; called at the start.

        Later, under load, there may be no free file descriptor for it.
        """
        for environment in (self._plain, self._html):
            for name in environment.list_templates(extensions=["j2"]):
                environment.get_template(name)
        for folder in self._folder.iterdir():
            for file in folder.glob("*.toml") if folder.is_dir() else ():
                self.words(folder.name, file.stem)
            if folder.is_dir():
                load_locale(folder.name)

    def language(self, wanted: str) -> str:
        """Return the tag of the available language nearest to `wanted`.

        For `pt-BR` it is `pt-BR` if that is available, else `pt`, else `en`.
        """
        for tag in (wanted, wanted.partition("-")[0]):
            if tag.replace("-", "").isalnum() and (self._folder / tag).is_dir():
                return tag
        return ENGLISH

    def words(self, language: str, file: str = "labels") -> Mapping[str, str]:
        """Return the texts of `<file>.toml`, key -> text, in the available language nearest to `language`.

        A text that the language lacks is in English.
        """
        found: Mapping[str, str] = self._words(self.language(language), file)
        return found

    def message(self, content: Content, language: str) -> Message:
        """Return the content as a message with subject, text, HTML and webhook payload.

        It is in the available language nearest to the tag `language`.
        """
        chosen = self.language(language)
        labels = self.words(chosen)
        in_words = {name: _in_words(value, content.zone, chosen, labels) for name, value in content.values.items()}
        sentences = self._sentences(content.kind, chosen, in_words, _OF_A_MAIL)
        view = _view(content, labels, in_words) | {"heading": ""} | sentences
        view |= {"language": chosen, "colour": _COLOURS[content.kind]}
        return Message(
            subject=one_line(sentences["subject"], 200),
            text=self._plain.get_template("layout.txt.j2").render(view).strip() + "\n",
            html=content.document or self._html.get_template("layout.html.j2").render(view),
            payload=_payload(content, sentences),
        )

    def brief(self, content: Content, language: str) -> Message:
        """Return a message for a line of a digest, with only subject and payload.

        `text` and `html` are "". A digest (a mail that collects several messages) is sent later, so the subject has
        instants instead of spans of time: "since 14:00", not "by 5 minutes". The language is the available one nearest
        to the tag `language`.
        """
        chosen = self.language(language)
        labels = self.words(chosen)
        in_words = {name: _in_words(value, content.zone, chosen, labels) for name, value in content.values.items()}
        found = self._sentences(content.kind, chosen, in_words, ("subject", "lead", _LINE))
        said = {"subject": found.get(_LINE) or found["subject"], "lead": found["lead"]}
        return Message(one_line(said["subject"], 200), "", "", _payload(content, said))

    def phrases_in_words(self, phrases: Iterable[Phrase], language: str) -> str:
        """Return phrases as sentences in one text, in the available language nearest to the tag `language`."""
        tag = self.language(language)
        words = self.words(tag, "why")
        return "".join(
            words[each.name].format(**{name: _in_language(value, tag) for name, value in each.values.items()})
            for each in phrases
        )

    def page(self, template: str, view: Mapping[str, Any]) -> str:
        """Return an HTML page, made from a template.

        `template`: the name of its file in the folder of texts. `view`: name in the template -> value; values are
        escaped.
        """
        return self._html.get_template(template).render(view)

    def _sentences(
        self, kind: MessageKind, language: str, in_words: Mapping[str, str | int | bool], names: Collection[str]
    ) -> dict[str, str]:
        """Plain text: the HTML layout escapes it like any other value."""
        template = self._plain.get_or_select_template([f"{language}/{kind.value}.j2", f"{ENGLISH}/{kind.value}.j2"])
        context = template.new_context(dict(in_words))
        blocks = [(name, block) for name, block in template.blocks.items() if name in names]
        return {name: " ".join("".join(block(context)).split()) for name, block in blocks}

    def _read(self, language: str, file: str) -> Mapping[str, str]:
        english = tomllib.loads((self._folder / ENGLISH / f"{file}.toml").read_text("utf-8"))
        own = self._folder / language / f"{file}.toml"
        return {**english, **(tomllib.loads(own.read_text("utf-8")) if own.is_file() else {})}


def _payload(content: Content, sentences: Mapping[str, str]) -> dict[str, object]:
    return {
        "type": f"slad.{content.kind.value}",
        "data": {**content.data, "subject": sentences["subject"], "text": sentences["lead"]},
    }


@cache
def shipped_texts() -> Texts:
    """Return the texts that come with this package; always the same object, so that each file is read once."""
    return Texts()


def _environment(folder: Path, *, escape: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )


def _in_words(value: Value, zone: str, language: str, labels: Mapping[str, str]) -> str | int | bool:
    if isinstance(value, CountedAndWall):
        first = span_in_words(value.first, language)
        if value.wall is not None:
            return labels["counted_and_wall"].format(counted=first, wall=span_in_words(value.wall, language))
        return labels["by_wall"].format(span=first) if value.by_wall else first
    if isinstance(value, PromiseTerms):
        allowed = _allowed(value.allowed, language, labels)
        return labels["promise_terms"].format(metric=value.metric, allowed=allowed) if allowed else ""
    if isinstance(value, ShortInstant):
        return short_instant_in_words(value.at, value.now, zone, language)
    if isinstance(value, ChangedText):
        return labels["changed"].format(now=value.now or labels["nothing"], before=value.before or labels["nothing"])
    if isinstance(value, datetime):
        return instant_in_words(value, zone, language)
    if isinstance(value, timedelta):
        return span_in_words(value, language)
    return value


def _in_language(value: str | Mapping[str, str], language: str) -> str:
    """A text, or of texts by language the nearest; under the empty tag stands what to show when there is none."""
    if isinstance(value, str):
        return value
    tags = (language, language.partition("-")[0], ENGLISH, "")
    return next((value[tag] for tag in tags if value.get(tag)), "")


def _allowed(allowed: Allowed | str, language: str, labels: Mapping[str, str]) -> str:
    match allowed:
        case str():
            return allowed
        case CoverageTime(length):
            return span_in_words(length, language)
        case WallTime(length):
            return labels["by_wall"].format(span=span_in_words(length, language))
        case WorkingDayTime(days, _):
            form = f"working_days_{locale_of(language).plural_form(days)}"
            return labels.get(form, labels["working_days_other"]).format(count=days)
        case Unspecified():
            return labels["unspecified"]
        case _:
            assert_never(allowed)


def _view(content: Content, labels: Mapping[str, str], in_words: Mapping[str, str | int | bool]) -> dict[str, Any]:
    """What the two layouts show."""
    items = [{"line": item.line, "url": item.url} for item in content.items]
    if content.more:
        items.append({"line": labels["and_more"].format(count=content.more), "url": content.more_url})
    return {
        "rows": [
            {"label": labels[name], "value": in_words[name]} for name in content.rows if in_words.get(name, "") != ""
        ],
        "notes": [labels[name] for name in content.notes],
        "body": content.body,
        "items": items,
        "actions": [
            {"label": labels[action.label], "url": action.url, "main": action.main}
            for action in content.actions
            if action.url
        ],
        "why": labels[content.why_label].format(contract=in_words.get("contract", ""), why=content.why),
    }
