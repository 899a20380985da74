"""`rpk explain`: what an error code means, offline (UX-27)."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.cli.explanations import HTTP, HTTP_RETRY_SAFE, KAFKA, UNSAFE_RETRY
from rpk.client.kafka_errors import all_codes, error_code, error_name, is_retriable
from rpk.config.keys import suggestion
from rpk.config.run import current
from rpk.out.errors import EXIT_CODES, NotFound
from rpk.out.tables import Column, Pairs

EXAMPLES = (
    ("rpk explain NOT_LEADER_OR_FOLLOWER", "an error by its name"),
    ("rpk explain 3", "by its number: Kafka's 3 and rpk's exit status 3"),
    ("rpk explain http 503", "a status of the HTTP APIs"),
    ("rpk explain", "every code there is"),
)
OUTPUT = {
    "kind": "string",
    "code": "integer",
    "name": "string",
    "meaning": "string",
    "causes": "string",
    "retry": "string",
    "next": "string",
}
_KINDS = ("kafka", "http", "exit")


def command(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="CODE", help="A number or name, after kafka, http or exit if need be."),
    ] = None,
) -> None:
    """Explain an error: its meaning, usual causes, whether a retry is safe, what to run next.

    Knows every error code of the Kafka protocol, the statuses of the HTTP APIs, and rpk's exit statuses. A number
    may be several of them; all are shown.
    """
    out = current().out
    asked = list(words or [])
    if not asked:
        columns = (
            Column("KIND", "kind"),
            Column("CODE", "code"),
            Column("NAME", "name"),
            Column("MEANING", "meaning"),
        )
        out.table(columns, _all())
        return
    kind = asked.pop(0).lower() if len(asked) > 1 and asked[0].lower() in _KINDS else None
    found: list[dict[str, object]] = []
    for word in asked:
        found.extend(_explanations(word, kind))
    views = []
    for item in found:
        pairs = [(name.upper(), value) for name, value in item.items() if value not in ("", None)]
        views.append(Pairs(pairs))
    out.emit(found, *views)


def _explanations(word: str, kind: str | None) -> list[dict[str, object]]:
    found = [item for item in _all() if _matches(item, word) and kind in (None, item["kind"])]
    if found:
        return found
    names = [str(item["name"]) for item in _all()]
    near = suggestion(word.upper().replace("-", "_"), names)
    raise NotFound(
        f"there is no error {word!r}",
        hint=f"did you mean {near}? rpk explain lists all" if near else "rpk explain lists all",
    )


def _matches(item: dict[str, object], word: str) -> bool:
    if word.lstrip("-").isdigit():
        return item["code"] == int(word)
    wanted = word.upper().replace("-", "_")
    return item["name"] == wanted or (item["kind"] == "kafka" and error_code(wanted) == item["code"])


def _all() -> list[dict[str, object]]:
    rows = [_kafka(code) for code, _, _ in all_codes()]
    for status, (name, meaning, causes, following) in HTTP.items():
        retry = "safe" if status in HTTP_RETRY_SAFE else "no: it would fail again"
        rows.append(_row("http", status, name, meaning, causes, retry, following))
    for status, meaning in EXIT_CODES:
        retry = "safe" if status == 3 else ""
        rows.append(_row("exit", status, f"EXIT_{status}", f"rpk's exit status: {meaning}.", "", retry, ""))
    return rows


def _kafka(code: int) -> dict[str, object]:
    meaning, causes, following = KAFKA.get(code, ("", "", ""))
    if code == 0:
        retry = ""
    elif code in UNSAFE_RETRY:
        retry = f"yes, but {UNSAFE_RETRY[code]}"
    else:
        retry = "safe" if is_retriable(code) else "no: it would fail again"
    return _row("kafka", code, error_name(code), meaning, causes, retry, following)


def _row(
    kind: str, code: int, name: str, meaning: str, causes: str, retry: str, following: str
) -> dict[str, object]:
    return {
        "kind": kind,
        "code": code,
        "name": name,
        "meaning": meaning,
        "causes": causes,
        "retry": retry,
        "next": following,
    }
