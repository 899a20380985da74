import ast
from pathlib import Path

import pytest

import engine.coordinator

ROOM = Path(engine.coordinator.__file__).parent
EFFECTFUL = {"coordinator.py", "runtime.py", "offsets_topic.py"}
FORBIDDEN = {"asyncio", "os", "pathlib", "random", "socket", "subprocess", "threading", "time"}


@pytest.mark.parametrize(
    "path",
    sorted(path for path in ROOM.glob("*.py") if path.name not in EFFECTFUL),
    ids=lambda path: path.name,
)
def test_the_shard_touches_nothing_outside_itself(path):
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert name.split(".")[0] not in FORBIDDEN
            assert name.split(".")[:2] != ["engine", "partition"]
            assert name not in ("engine.coordinator.runtime", "engine.coordinator.coordinator")
