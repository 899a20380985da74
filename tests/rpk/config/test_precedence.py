"""Every pair of sources, in order (UX-28), and where each value came from (UX-29)."""

import itertools

import pytest
import yaml

from rpk.config.resolve import resolve
from rpk.config.run import Options
from rpk.config.settings import Value

SOURCES = (
    "-X",
    "flag",
    "RPK_BROKERS",
    "REDPANDA_BROKERS",
    "project",
    "profile",
    "globals",
    "node",
    "default",
)
USED = tuple(source for source in SOURCES if source not in ("globals", "default"))


@pytest.fixture
def place(home, monkeypatch):
    """Put `brokers=<source>:1` into the named sources; the options and environment to resolve with."""
    options = Options()
    environment = {"HOME": str(home)}

    def put(source: str) -> str:
        value = f"{source.lower().strip('-').replace('_', '')}:1"
        profile = {"name": "p", "kafka_api": {"brokers": [value]}}
        if source == "-X":
            options.overrides.append(f"brokers={value}")
        elif source == "flag":
            options.legacy.append(f"brokers={value}")
        elif source in ("RPK_BROKERS", "REDPANDA_BROKERS"):
            environment[source] = value
        elif source == "project":
            (home / "work" / ".rpk.yaml").write_text(yaml.safe_dump({"kafka_api": {"brokers": [value]}}))
        elif source == "profile":
            path = home / ".config" / "rpk" / "rpk.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(yaml.safe_dump({"version": 6, "current_profile": "p", "profiles": [profile]}))
        elif source == "node":
            (home / "work" / "redpanda.yaml").write_text(
                yaml.safe_dump({"rpk": {"kafka_api": {"brokers": [value]}}})
            )
        return value

    put.options, put.environment = options, environment
    return put


@pytest.mark.parametrize(("high", "low"), list(itertools.combinations(USED, 2)))
def test_pairwise(place, high, low):
    place(low)
    wanted = place(high)
    settings = resolve(place.options, place.environment)
    assert settings.brokers == (wanted,)
    shadows = settings.values["brokers"].shadows
    if {high, low} == {"profile", "node"}:
        assert shadows == ()  # a selected profile stands instead of the node file's section
    else:
        assert len(shadows) == 1
        assert shadows[0][0] != wanted


@pytest.mark.parametrize("source", USED)
def test_each_alone_is_named(place, source):
    wanted = place(source)
    value = resolve(place.options, place.environment).values["brokers"]
    assert value.text == wanted
    assert (
        source if source in ("-X", "flag") or "BROKERS" in source else source.split()[0]
    ) in value.source or (source == "node" and value.source.startswith("rpk section of"))


def test_default(place):
    value = resolve(place.options, place.environment).values["brokers"]
    assert value == Value(text="127.0.0.1:9092", source="default")


def test_the_last_of_several_overrides_wins(place):
    place.options.overrides = ["brokers=a", "brokers=b"]
    assert resolve(place.options, place.environment).brokers == ("b:9092",)


def test_ignore_profile_reads_no_file(place):
    for source in ("project", "profile", "node"):
        place(source)
    place.options.ignore_profile = True
    assert resolve(place.options, place.environment).is_default("brokers")


def test_the_profile_flag_wins_over_the_variable_over_the_file(place, home):
    path = home / ".config" / "rpk" / "rpk.yaml"
    path.parent.mkdir(parents=True)
    profiles = [{"name": name, "kafka_api": {"brokers": [name]}} for name in "abc"]
    path.write_text(yaml.safe_dump({"version": 6, "current_profile": "a", "profiles": profiles}))
    assert resolve(place.options, place.environment).profile == "a"
    place.environment["RPK_PROFILE"] = "b"
    assert resolve(place.options, place.environment).profile == "b"
    place.options.profile = "c"
    assert resolve(place.options, place.environment).profile == "c"


def test_config_may_be_a_node_file(place, home):
    place("profile")
    path = home / "node.yaml"
    path.write_text(yaml.safe_dump({"redpanda": {}, "rpk": {"kafka_api": {"brokers": ["n"]}}}))
    place.options.config = str(path)
    assert resolve(place.options, place.environment).brokers == ("n:9092",)
