import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECLARATIONS = sorted((ROOT / "engine").rglob("*.pxd"))


def declared_attributes(text):
    """Class name → attribute names, of a .pxd file."""
    classes = {}
    current = None
    for line in text.splitlines():
        if found := re.match(r"cdef class (\w+)", line):
            current = classes.setdefault(found[1], set())
        elif line and not line.startswith((" ", "\t")):
            current = None
        elif current is not None and (found := re.match(r"\s+cdef (?:public )?[\w. ]+ (\w+)$", line)):
            current.add(found[1])
    return classes


def slots(text):
    """Class name → names in __slots__, of a .py file."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                if isinstance(statement, ast.Assign) and statement.targets[0].id == "__slots__":
                    found[node.name] = set(ast.literal_eval(statement.value))
    return found


@pytest.mark.parametrize("path", DECLARATIONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_compiled_classes_have_the_attributes_of_the_interpreted_ones(path):
    declared = declared_attributes(path.read_text())
    written = slots(path.with_suffix(".py").read_text())
    for name, attributes in declared.items():
        assert attributes == written[name], f"{path.name}: {name} and its __slots__ differ"


def test_every_declaration_is_compiled_and_every_compiled_module_declared():
    listed = re.findall(r'^    "(engine\.[\w.]+)",$', (ROOT / "setup.py").read_text(), re.MULTILINE)
    with_declarations = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in DECLARATIONS} - {
        "engine.wire.fixed"
    }
    assert set(listed) == with_declarations
