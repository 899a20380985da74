"""Typed views of raw settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpk.config.keys import KEYS, RETIRED, suggestion
from rpk.config.resolve import merge, parse_override
from rpk.config.settings import Settings, addresses, split_address
from rpk.out.errors import ConfigError, UsageError


def make(*overrides):
    layer = {}
    for text in overrides:
        key, value = parse_override(text)
        layer[key.name] = value
    return Settings(merge([("test", layer)]))


def test_there_are_31_keys_with_distinct_variables():
    assert len(KEYS) == 31
    assert len({key.variable for key in KEYS}) == 31


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a", ("a:9092",)),
        ("a:1, b", ("a:1", "b:9092")),
        ("[::1]:5", ("[::1]:5",)),
        ("::1", ("[::1]:9092",)),
        ("[::1]", ("[::1]:9092",)),
        ("http://a:1/", ("a:1",)),
    ],
)
def test_addresses(text, wanted):
    assert addresses(text, 9092) == wanted


@pytest.mark.parametrize("text", ["", ",", "a:", "a:x", "a:0", "a:65536", ":1", "a:1:x"])
def test_bad_addresses(text):
    with pytest.raises(ConfigError):
        addresses(text, 9092)


@given(st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True), st.integers(1, 65535))
def test_addresses_round_trip(host, port):
    (address,) = addresses(f"{host}:{port}", 9092)
    assert split_address(address) == (host, port)


def test_hosts_are_derived_from_one_another():
    assert make("brokers=a:1,b:2,a:3").admin_addresses == ("a:9644", "b:9644")
    assert make("brokers=a:1").registry_addresses == ("a:8081",)
    assert make("admin.hosts=a:1").brokers == ("a:9092",)


def test_no_default_cluster():
    settings = make("globals.no_default_cluster=true")
    for read in (
        lambda: settings.brokers,
        lambda: settings.admin_addresses,
        lambda: settings.registry_addresses,
    ):
        with pytest.raises(ConfigError, match="no_default_cluster"):
            read()


def test_tls():
    assert make().kafka_tls is None
    assert make("tls.enabled=false", "tls.ca=x").kafka_tls is None
    assert make("tls.ca=x").kafka_tls.ca_file == "x"
    assert make("tls.enabled=true").kafka_tls is not None
    with pytest.raises(ConfigError, match=r"tls\.key is not"):
        _ = make("tls.cert=x").kafka_tls
    with pytest.raises(ConfigError, match="wants true or false"):
        _ = make("tls.enabled=maybe").kafka_tls


def test_sasl():
    assert make().sasl is None
    assert make("user=u", "pass=p").sasl.mechanism == "SCRAM-SHA-256"
    assert "hunter2" not in repr(make("user=u", "pass=hunter2").sasl)
    with pytest.raises(ConfigError, match="not known"):
        _ = make("user=u", "sasl.mechanism=GSSAPI").sasl
    with pytest.raises(ConfigError, match="no user"):
        _ = make("sasl.mechanism=PLAIN").sasl


def test_durations_of_settings():
    assert make("globals.dial_timeout=250ms").dial_timeout_s == 0.25
    with pytest.raises(ConfigError, match=r"globals\.dial_timeout"):
        _ = make("globals.dial_timeout=fast").dial_timeout_s
    with pytest.raises(ConfigError, match="negative"):
        _ = make("globals.command_timeout=-1s").command_timeout_s


def test_unknown_keys_name_the_nearest():
    with pytest.raises(UsageError) as caught:
        parse_override("broker=x")
    assert '"brokers"' in caught.value.hint
    with pytest.raises(UsageError, match="no ="):
        parse_override("brokers")
    names = [key.name for key in KEYS]
    assert all(suggestion(old, names) == new for old, new in RETIRED.items())
