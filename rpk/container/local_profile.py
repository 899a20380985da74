"""The profile `rpk-container`: made and selected by start, removed by purge."""

from __future__ import annotations

from rpk.config import rpk_yaml
from rpk.container.addresses import HOST
from rpk.system import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from rpk.container.cluster import Cluster

NAME = "rpk-container"


def select(cluster: Cluster, environment: Mapping[str, str]) -> bool:
    """Write and select the profile; True when it was not the selected one before."""
    file = rpk_yaml.load(paths.rpk_yaml(environment))
    profile: dict[str, object] = {
        "name": NAME,
        "description": "The local cluster of rpk container",
        "kafka_api": {"brokers": [f"{HOST}:{node.ports.kafka}" for node in cluster.nodes]},
        "admin_api": {"addresses": [f"{HOST}:{node.ports.admin}" for node in cluster.nodes]},
    }
    profiles = file.profiles
    at = next((at for at, each in enumerate(profiles) if each.get("name") == NAME), None)
    if at is None:
        profiles.append(profile)
    else:
        profiles[at] = profile
    switched = file.current_profile != NAME
    if switched:
        file.data["previous_profile"] = file.current_profile
        file.data["current_profile"] = NAME
    file.save()
    return switched


def remove(environment: Mapping[str, str]) -> bool:
    """Delete the profile; where it was selected the one before it is again. True when there was one."""
    file = rpk_yaml.load(paths.rpk_yaml(environment))
    if file.profile(NAME) is None:
        return False
    file.data["profiles"] = [each for each in file.profiles if each.get("name") != NAME]
    if file.current_profile == NAME:
        before = str(file.data.get("previous_profile") or "")
        file.data["current_profile"] = before if file.profile(before) is not None else ""
    file.save()
    return True
