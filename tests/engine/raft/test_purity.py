import ast
from pathlib import Path

import pytest

import engine.raft

ROOM = Path(engine.raft.__file__).parent
PURE = [
    "config",
    "core",
    "election",
    "entries",
    "errors",
    "following",
    "leading",
    "log_view",
    "membership",
    "messages",
    "progress",
    "quorum",
    "reads",
    "ready",
    "replica",
    "tail",
]
FORBIDDEN = {"asyncio", "os", "pathlib", "random", "socket", "subprocess", "threading", "time"}
ALLOWED = {"engine.base.errors", "engine.model.ids", *(f"engine.raft.{name}" for name in PURE)}


@pytest.mark.parametrize("name", PURE)
def test_the_core_touches_nothing_outside_itself(name):
    for node in ast.walk(ast.parse((ROOM / f"{name}.py").read_text())):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
            if node.module == "engine.raft":
                modules = [f"engine.raft.{alias.name}" for alias in node.names]
        for module in modules:
            assert module.split(".")[0] not in FORBIDDEN
            if module.startswith("engine"):
                assert module in ALLOWED
