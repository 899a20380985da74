"""Families → Prometheus text, through prometheus-client, which is loaded at the first scrape and not before."""

from collections.abc import Iterable, Iterator

from engine.metrics.family import Family, single, total_left_out

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def render(families: Iterable[Family], *, prefix: str) -> bytes:
    """The text exposition of `families`; `prefix` names the family that counts series left out by bounds."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import Metric
    from prometheus_client.registry import Collector

    listed = list(families)
    dropped = total_left_out(listed)
    if dropped:
        listed.append(single(f"{prefix}_metrics_left_out", "gauge", "Series left out by a bound.", dropped))

    class _Families(Collector):
        def collect(self) -> Iterator[Metric]:
            for family in listed:
                # The library puts _total behind a counter's name by itself.
                name = family.name.removesuffix("_total") if family.kind == "counter" else family.name
                metric = Metric(name, family.documentation, family.kind)
                for suffix, labels, value in family.samples:
                    metric.add_sample(family.name + suffix, labels, value)
                yield metric

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families())
    return generate_latest(registry)
