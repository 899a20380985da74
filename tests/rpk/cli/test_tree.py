"""Walk the whole command tree: every command loads, has help, examples that parse, fields, and keeps its flags."""

import json
import shlex

import click
import pytest

from rpk.cli.loader import LazyGroup, Leaf
from rpk.cli.table import ROOT
from rpk.cli.tree import command_tree, subtree
from rpk.config.run import Run, enter, leave
from rpk.out.commands import Command, Group, Reference
from rpk.out.errors import RpkError


def leaves(group=ROOT, path="rpk"):
    """(path, entry) of every command, loaded from the tables only."""
    for child in group.children:
        if isinstance(child, Reference):
            child = child.load()
        if isinstance(child, Group):
            yield from leaves(child, f"{path} {child.name}")
        elif isinstance(child, Command):
            yield f"{path} {child.name}", child


ALL = list(leaves())
VISIBLE = [(path, entry) for path, entry in ALL if not entry.hidden]


@pytest.fixture(autouse=True)
def run(home):
    enter(Run())
    yield
    leave()


def find(path):
    node = LazyGroup(ROOT, "rpk")
    for word in path.split()[1:]:
        node = node.child(word)
    return node


@pytest.mark.parametrize(("path", "entry"), ALL, ids=[path for path, _ in ALL])
def test_every_command(path, entry):
    leaf = find(path)
    assert isinstance(leaf, Leaf)
    assert entry.help.endswith("."), "the line of help ends with a full stop"
    assert "\n" not in entry.help
    assert leaf.callback is not None
    flags = [name for item in leaf.params for name in item.opts if name.startswith("-")]
    assert len(flags) == len(set(flags)), "a flag is declared twice"
    assert {"--format", "-X", "--profile", "--help", "-h", "--yes", "--timeout"} <= set(flags)
    if not entry.hidden:
        assert all(leaf.argument_help(item) for item in leaf.params if isinstance(item, click.Argument))
        assert len(leaf.examples) >= 2, "EXAMPLES has two at least"
        assert leaf.output is not None, "OUTPUT names the fields of the JSON, {} where there is none"


@pytest.mark.parametrize(("path", "entry"), VISIBLE, ids=[path for path, _ in VISIBLE])
def test_examples_parse(path, entry):
    """Every `rpk …` in an example is a command line that rpk accepts."""
    for line, _ in find(path).examples:
        for words in rpk_calls(line):
            parse(words)


def rpk_calls(line):
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&<>()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words = []
    for word in [*lexer, ";"]:
        if set(word) <= set("|;&()<>"):
            if "rpk" in words:
                yield words[words.index("rpk") + 1 :]
            words = []
        else:
            words.append(word)


def parse(words):
    node = LazyGroup(ROOT, "rpk")
    context = None
    try:
        while True:
            context = node.make_context(node.name, list(words), parent=context)
            if not isinstance(node, LazyGroup) or not (rest := [*context._protected_args, *context.args]):
                return
            _, node, words = node.resolve_command(context, rest)
    except click.exceptions.Exit:
        return
    except (click.UsageError, RpkError) as error:
        pytest.fail(f"rpk {' '.join(words)}: {error}")


@pytest.mark.parametrize("child", [child.name for child in ROOT.children])
def test_the_tree_is_golden(golden, child):
    """A flag, field or command that goes away shows as a diff; additions are rewritten with --rewrite."""
    tree = subtree(find(f"rpk {child}"))
    golden(f"command_tree/{child}.json", json.dumps(tree, indent=1, ensure_ascii=False) + "\n")


def test_names_and_aliases_are_unambiguous():
    def check(group):
        names = [name for child in group.children for name in (child.name, *child.aliases)]
        assert len(names) == len(set(names)), group.name
        for child in group.children:
            loaded = child.load() if isinstance(child, Reference) else child
            if isinstance(loaded, Group):
                assert loaded.name == child.name
                assert loaded.aliases in ((), child.aliases)
                check(loaded)

    check(ROOT)


def test_print_tree(invoke):
    tree = json.loads(invoke("--print-tree", "--format", "json").stdout)
    assert tree == command_tree()
    assert tree["exit_codes"][0]["code"] == 0
    text = invoke("--print-tree").stdout
    assert "  profile  Keep" in text
    assert "__complete" not in text
