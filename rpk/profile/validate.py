"""`rpk profile validate`."""

from __future__ import annotations

from typing import Annotated

import typer

from rpk.client.deadline import Deadline
from rpk.client.kafka import KafkaClient
from rpk.config.run import Run, current
from rpk.config.settings import Settings, Value
from rpk.out.errors import RpkError
from rpk.out.output import ItemResult
from rpk.out.tables import Column

EXAMPLES = (
    ("rpk profile validate", "the selected profile"),
    ("rpk profile validate staging --timeout 30s", "another one, patiently"),
)
OUTPUT = {"name": "string", "ok": "boolean", "error": "object", "api": "string"}
_COLUMNS = (Column("API", "api"), Column("ADDRESS", "name"), Column("STATUS", "status"))


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Profile; the selected one without.")
    ] = None,
) -> None:
    """Dial every address of a profile and report each.

    Kafka seeds one by one, then every broker at the address it advertises, then the Admin API and, where the
    profile names it, the Schema Registry. Exit 1 when any fails.
    """
    run = current()
    if name is not None:
        run.options.profile = name
    settings = run.settings
    results = _kafka(run, settings)
    results.extend(_http(run, settings, "admin", settings.admin_addresses, "/v1/status/ready"))
    if not settings.is_default("registry.hosts"):
        results.extend(_http(run, settings, "registry", settings.registry_addresses, "/schemas/types"))
    run.out.results("address", results, _COLUMNS)


def _kafka(run: Run, settings: Settings) -> list[ItemResult]:
    results: list[ItemResult] = []
    brokers: dict[int, str] = {}
    for address in settings.brokers:
        one = Settings(
            {**settings.values, "brokers": Value(text=address, source=settings.values["brokers"].source)},
            profile=settings.profile,
        )
        with KafkaClient(one, Deadline(run.timeout_s()), debug=run.debug) as client:
            try:
                brokers.update({broker.node_id: broker.address for broker in client.metadata(()).brokers})
                results.append(ItemResult(address, api="kafka"))
            except RpkError as error:
                results.append(ItemResult(address, error, api="kafka"))
                continue
            for node, advertised in brokers.items():
                if any(result.name == advertised for result in results):
                    continue
                try:
                    client.node(node)
                    results.append(ItemResult(advertised, api="kafka"))
                except RpkError as error:
                    results.append(ItemResult(advertised, error, api="kafka"))
    return results


def _http(run: Run, settings: Settings, api: str, addresses: tuple[str, ...], path: str) -> list[ItemResult]:
    from rpk.client.admin import AdminClient

    tls = settings.admin_tls if api == "admin" else settings.registry_tls
    deadline = Deadline(run.timeout_s())
    with AdminClient(settings, deadline, addresses=addresses, tls=tls, debug=run.debug) as client:
        answers = client.get_each(path)
    return [
        ItemResult(address, answer if isinstance(answer, RpkError) else None, api=api)
        for address, answer in answers.items()
    ]
