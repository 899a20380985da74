"""`rpk cluster config lint`."""

from __future__ import annotations

from rpk.client import admin
from rpk.config.run import current
from rpk.out.errors import NotFound

EXAMPLES = (
    ("rpk cluster config lint", "the broker's own redpanda.yaml"),
    ("rpk cluster config lint --config ./redpanda.yaml", "another file"),
)
OUTPUT = {"removed": "list of strings", "file": "string"}


def command() -> None:
    """Take cluster properties out of redpanda.yaml.

    They belong to the whole cluster and are ignored there after the first start. The file is rewritten only when
    something is removed; the old text stays beside it with the suffix .bak.
    """
    import yaml

    from rpk.cluster import properties
    from rpk.system import files, paths

    run = current()
    path = run.options.config or paths.redpanda_yaml(run.environment)
    text = files.read_text(path)
    if text is None:
        raise NotFound(f"there is no file {path}", hint="name it with --config FILE")
    document = properties.read_yaml(text, path)
    with admin.connect(run) as client:
        names = properties.aliases(properties.schema(client))
    section = document.get("redpanda")
    found = sorted(name for name in section if name in names) if isinstance(section, dict) else []
    if not found or not isinstance(section, dict):
        run.out.done(f"No issues were found in {path}.", removed=[], file=path)
        return
    for name in found:
        del section[name]
    files.write_text(path + ".bak", text)
    files.write_text(path, yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    run.out.done(f"Removed from {path}: {', '.join(found)}.", removed=found, file=path)
