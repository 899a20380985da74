"""The dispatch table: every handler file is in it, and what it claims can be read and written."""

import importlib
import pkgutil

import pytest

from engine.base.errors import InvariantError
from engine.kafka import handlers
from engine.kafka.dispatch import ColdApi, DispatchTable, HotApi, load_handlers
from engine.wire import cold
from engine.wire.api_keys import ApiKey


def test_every_handler_file_is_served_and_nothing_else():
    table = load_handlers()
    files = {module.name for module in pkgutil.iter_modules(handlers.__path__)}
    assert len(table.apis) == len(files)
    for api in table.apis:
        module = importlib.import_module(api.handle.__module__)
        assert module.__name__.rpartition(".")[2] == ApiKey(api.key).name.lower()
        assert module.__doc__
        low, high = api.versions
        said = f"{low}-{high}" if low < high else f"{low}"
        assert said in module.__doc__, f"{module.__name__} does not say that it serves {said}"


def test_claimed_versions_have_messages():
    for api in load_handlers().apis:
        first, last = cold.version_range(api.key)
        assert first <= api.versions[0], ApiKey(api.key).name
        assert api.versions[1] <= last, ApiKey(api.key).name


def test_what_is_advertised_is_what_is_found():
    table = load_handlers()
    for key, low, high in table.advertised():
        api = table.find(key)
        assert api is not None
        assert (api.advertised_min is not None) == (low != api.versions[0])
        assert high == api.versions[1]
    assert table.find(-1) is None
    assert table.find(10**6) is None


async def _answer(request, context):
    return {}


def test_two_handlers_for_one_key_are_a_defect():
    with pytest.raises(InvariantError):
        DispatchTable(
            [
                ColdApi(key=3, versions=(0, 1), handle=_answer),
                HotApi(key=3, versions=(0, 1), handle=lambda call: None),
            ]
        )
