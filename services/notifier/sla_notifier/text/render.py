"""From content and a language to subject, text, HTML and the webhook's body."""

from __future__ import annotations

import tomllib
from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sla_domain.explain import reason_words
from sla_domain.explain.language import words_for
from sla_domain.explain.language.plural import plural_form
from sla_domain.explain.language.tag import accepted_tag, nearest_tag
from sla_domain.explain.text import allowed_text, rounded_text, title_of
from sla_notifier.delivery.state import MessageKind
from sla_notifier.text.content import (
    ChangedText,
    Content,
    CountedAndWall,
    FactReason,
    FixedTerm,
    Message,
    MetricLine,
    MetricTally,
    Phrase,
    PromiseLines,
    PromiseTerms,
    ShortInstant,
    Value,
)
from sla_notifier.text.words import (
    instant_in_words,
    load_locale,
    number_in_words,
    one_line,
    short_instant_in_words,
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
    MessageKind.CONTRACT: "#0969da",
    MessageKind.HAPPENING: "#0969da",
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
        self._nearest = lru_cache(maxsize=256)(lambda wanted: nearest_tag(wanted, self._tags) or ENGLISH)
        self._tags = tuple(sorted(each.name for each in folder.iterdir() if (each / "labels.toml").is_file()))

    def load(self) -> None:
        """Read every file into memory; called at the start.

        Reading early matters: under load there may be no free file descriptor.
        """
        for environment in (self._plain, self._html):
            for name in environment.list_templates(extensions=["j2"]):
                environment.get_template(name)
        for tag in self._tags:
            for file in (self._folder / tag).glob("*.toml"):
                self.words(tag, file.stem)
            load_locale(tag)

    @property
    def tags(self) -> tuple[str, ...]:
        """Return the tags of the available languages, sorted."""
        return self._tags

    def language(self, wanted: str) -> str:
        """Return the tag of the available language nearest to `wanted`; `en` if none is near.

        For `pl-PL` the tag is `pl`, for `zh` and `zh_Hant` it is `zh-TW`.
        """
        return self._nearest(wanted)

    def accepted(self, header: str) -> str:
        """Return the tag of the available language that an `Accept-Language` header prefers.

        The result is `en` if the header names no available language.
        """
        return accepted_tag(header, self._tags)

    def words(self, language: str, file: str = "labels") -> Mapping[str, str]:
        """Return the texts of the file `<file>.toml` in the available language nearest to `language`: key -> text."""
        found: Mapping[str, str] = self._words(self.language(language), file)
        return found

    def message(self, content: Content, language: str) -> Message:
        """Return the content as a message with subject, text, HTML and webhook payload.

        The message is in the available language nearest to the tag `language`.
        """
        chosen = self.language(language)
        labels = self.words(chosen)
        in_words = _ValuesInWords(content, chosen, labels)
        sentences = self._sentences(content, chosen, in_words, _OF_A_MAIL)
        view = _view(content, chosen, labels, in_words) | {"heading": ""} | sentences
        view |= {"language": chosen, "colour": _COLOURS[content.kind]}
        return Message(
            subject=one_line(sentences["subject"], 200),
            text=self._plain.get_template("layout.txt.j2").render(view).strip() + "\n",
            html=content.document or self._html.get_template("layout.html.j2").render(view),
            payload=_payload(content, sentences),
        )

    def brief(self, content: Content, language: str) -> Message:
        """Return a message for a line of a digest, with only subject and payload.

        A digest is a mail that collects several messages. `text` and `html` are "". A digest is sent later, so the
        subject has instants instead of spans of time: "since 14:00", not "by 5 minutes". The message is in the
        available language nearest to `language`.

        Args:
            content: What the message says.
            language: A language tag.
        """
        chosen = self.language(language)
        labels = self.words(chosen)
        in_words = _ValuesInWords(content, chosen, labels)
        found = self._sentences(content, chosen, in_words, ("subject", "lead", _LINE))
        said = {"subject": found.get(_LINE) or found["subject"], "lead": found["lead"]}
        return Message(one_line(said["subject"], 200), "", "", _payload(content, said))

    def phrases_in_words(self, phrases: Iterable[Phrase], language: str) -> str:
        """Return phrases as one text, in the available language nearest to the tag `language`."""
        tag = self.language(language)
        words = self.words(tag, "why")
        return "".join(
            words[each.name].format(**{name: _in_language(value, tag) for name, value in each.values.items()})
            for each in phrases
        )

    def page(self, template: str, view: Mapping[str, Any]) -> str:
        """Return an HTML page, made from a template.

        Args:
            template: The template's file name in the folder of texts.
            view: Maps a name in the template to its value. Values are escaped.
        """
        return self._html.get_template(template).render(view)

    def _sentences(
        self, content: Content, language: str, in_words: _ValuesInWords, names: Collection[str]
    ) -> dict[str, str]:
        """Plain text: the HTML layout escapes it like any other value."""
        template = self._plain.get_template(f"{language}/{content.template or content.kind.value}.j2")
        context = template.new_context(in_words.beside(template.globals), shared=True)
        blocks = [(name, block) for name, block in template.blocks.items() if name in names]
        return {name: " ".join("".join(block(context)).split()) for name, block in blocks}

    def _read(self, language: str, file: str) -> Mapping[str, str]:
        return tomllib.loads((self._folder / language / f"{file}.toml").read_text("utf-8"))


class _ValuesInWords(Mapping[str, str | int | bool]):
    """The values of a message in a language, each put into words when it is asked for: a line of a digest uses few."""

    def __init__(self, content: Content, language: str, labels: Mapping[str, str]) -> None:
        self._content, self._language, self._labels = content, language, labels
        self._known: dict[str, str | int | bool] = {}

    def __getitem__(self, name: str) -> str | int | bool:
        if name not in self._known:
            value = self._content.values[name]
            self._known[name] = _in_words(value, self._content.zone, self._language, self._labels)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._content.values

    def __iter__(self) -> Iterator[str]:
        return iter(self._content.values)

    def __len__(self) -> int:
        return len(self._content.values)

    def beside(self, common: Mapping[str, Any]) -> Any:
        """Return what the names in a template stand for: these values, else what all templates share."""
        return ChainMap(self, {"numbered": partial(_numbered, self._language)}, common)  # type: ignore[arg-type]


def _payload(content: Content, sentences: Mapping[str, str]) -> dict[str, object]:
    return {
        "type": f"slad.{content.kind.value}",
        "data": {**content.data, "subject": sentences["subject"], "text": sentences["lead"]},
    }


@cache
def shipped_texts() -> Texts:
    """Return the texts that come with this package.

    The result is always the same object, so that each file is read once.
    """
    return Texts()


def _environment(folder: Path, *, escape: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )


def _numbered(language: str, number: int, **forms: str) -> str:
    """A number with its noun, in a template: `{{ numbered(3, one="{n} ticket", other="{n} tickets") }}`.

    `forms`: form of the noun, named as in Unicode CLDR, -> text with `{n}`.
    """
    return forms[plural_form(language, number).value].format(n=number_in_words(number, language))


def _in_words(value: Value, zone: str, language: str, labels: Mapping[str, str]) -> str | int | bool:
    match value:
        case CountedAndWall():
            return _spans(value, language, labels)
        case PromiseTerms(metric, allowed):
            said = one_line(allowed) if isinstance(allowed, str) else allowed_text(allowed, words_for(language))
            return labels["promise_terms"].format(metric=metric, allowed=said) if said else ""
        case ShortInstant(at, now):
            return short_instant_in_words(at, now, zone, language)
        case FixedTerm(kind, name):
            return labels.get(f"{kind}_{name}", name) if name else ""
        case PromiseLines(lines, now):
            parts = [f"{name}{labels['colon']}{short_instant_in_words(at, now, zone, language)}" for name, at in lines]
            return labels["semicolon"].join(parts)
        case MetricLine():
            return _promise_line(value, zone, language, labels)
        case MetricTally(metric, met, missed):
            numbers = {"met": number_in_words(met, language), "missed": number_in_words(missed, language)}
            return labels["line_tally"].format(metric=metric, **numbers)
        case ChangedText(now, before):
            new, old = (_in_words(each, zone, language, labels) or labels["nothing"] for each in (now, before))
            return labels["changed"].format(now=new, before=old)
        case FactReason(written):
            return reason_words(written, language)
        case datetime():
            return instant_in_words(value, zone, language)
        case timedelta():
            return rounded_text(value, words_for(language))
        case _:
            return value


def _promise_line(line: MetricLine, zone: str, language: str, labels: Mapping[str, str]) -> str:
    instants = {"due": line.due, "before": line.before, "ended": line.ended}
    said = {name: instant_in_words(at, zone, language) for name, at in instants.items() if at is not None}
    form = line.outcome or ("moved" if line.before is not None else "due")
    return labels[f"line_{form}"].format(metric=line.metric, **said)


def _spans(spans: CountedAndWall, language: str, labels: Mapping[str, str]) -> str:
    words = words_for(language)
    first = rounded_text(spans.first, words)
    if spans.wall is not None:
        return labels["counted_and_wall"].format(counted=first, wall=rounded_text(spans.wall, words))
    return words.wall.format(span=first) if spans.by_wall else first


def _in_language(value: str | Mapping[str, str], language: str) -> str:
    """A text, or of texts by language the nearest; under the empty tag stands what to show when there is none."""
    return value if isinstance(value, str) else title_of(value, language) or value.get("", "")


def _view(content: Content, language: str, labels: Mapping[str, str], in_words: _ValuesInWords) -> dict[str, Any]:
    """What the two layouts show."""
    items = [{"line": _in_words(item.line, content.zone, language, labels), "url": item.url} for item in content.items]
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
        "colon": labels["colon"],
    }
