"""What the node file may ask for and this version cannot give: refused, never silently left out."""

from engine.config.errors import ConfigError
from engine.config.node_config import NodeConfig


def refuse_unavailable(config: NodeConfig) -> None:
    """Raise `ConfigError` for settings whose silent absence would open, split or lose something."""
    for index, listener in enumerate(config.kafka_api):
        if listener.authentication_method not in {None, "none"}:
            raise ConfigError(
                config.file,
                f"redpanda.kafka_api[{index}].authentication_method",
                f"{listener.authentication_method} is not available in this version",
                "remove it, and keep the listener on a trusted network",
            )
    if not config.seed_servers and not config.empty_seed_starts_cluster:
        raise ConfigError(
            config.file,
            "redpanda.empty_seed_starts_cluster",
            "is false and there are no seed_servers, so the node would wait for ever",
            "set it to true",
        )
    if config.fips_mode != "disabled":
        raise ConfigError(
            config.file, "redpanda.fips_mode", "is not available in this version", "set it to disabled"
        )


def services_remarks(config: NodeConfig) -> list[str]:
    """Log lines about sections whose service does not exist yet."""
    return [
        f"{config.file}: the section {name} is read, but its service is not available in this version"
        for name in ("pandaproxy", "schema_registry")
        if name in config.services
    ]
