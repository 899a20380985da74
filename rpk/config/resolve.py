"""One order of precedence for every setting (UX-28).

flag and -X  >  RPK_* variables  >  project file  >  profile  >  rpk section of the node file  >  default
"""

from __future__ import annotations

from rpk.config.keys import BY_NAME, KEYS, Key, suggestion
from rpk.config.settings import Settings, Value
from rpk.out.errors import NotFound, UsageError
from rpk.system import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rpk.config.run import Options

    Layer = tuple[str, dict[str, str]]
    """A source and the raw values it sets."""


def resolve(
    options: Options, environment: Mapping[str, str], *, warn: Callable[[str], None] = lambda _: None
) -> Settings:
    """Settings of this run; ConfigError names the place of what is wrong."""
    from rpk.config import rpk_yaml

    layers: list[Layer] = [*override_layers(options), *environment_layers(environment)]
    profile = ""
    path = options.config or paths.rpk_yaml(environment)
    if not options.ignore_profile:
        project = rpk_yaml.load_project(paths.project_file(), warn)
        if project is not None:
            layers.append(project)
        node_path = None if options.config else paths.redpanda_yaml(environment)
        files = rpk_yaml.load(path, warn, required=options.config is not None)
        if files.is_node_file:
            node_path, files = path, rpk_yaml.RpkYaml.empty(paths.rpk_yaml(environment))
        wanted = options.profile or environment.get("RPK_PROFILE") or files.current_profile
        if wanted:
            layer = files.profile_layer(wanted)
            if layer is not None:
                layers.append(layer)
                profile = wanted
            elif options.profile or environment.get("RPK_PROFILE"):
                raise unknown_profile(wanted, files.names(), files.path)
        layers.append(files.globals_layer())
        if node_path is not None and (not profile or options.config):
            layers.append(rpk_yaml.node_layer(node_path, warn, required=options.config is not None))
    return Settings(merge(layers), profile=profile, path=path)


def unknown_profile(name: str, known: list[str], path: str) -> NotFound:
    """The error for a profile that is not there."""
    near = suggestion(name, known)
    hint = f'did you mean "{near}"? rpk profile list shows all' if near else f"rpk profile create {name}"
    return NotFound(
        f'there is no profile "{name}"', cause=f"looked in {path}", hint=hint, name="PROFILE_NOT_FOUND"
    )


def merge(layers: list[Layer]) -> dict[str, Value]:
    """Per key the first layer that sets it, with all later ones as its shadows."""
    values: dict[str, Value] = {}
    for key in KEYS:
        found = [(layer[key.name], source) for source, layer in layers if key.name in layer]
        if found:
            (text, source), *shadows = found
            values[key.name] = Value(text=text, source=source, shadows=tuple(shadows))
    return values


def parse_override(text: str) -> tuple[Key, str]:
    """`key=value` of -X; UsageError with the nearest key when it is not known."""
    name, separator, value = text.partition("=")
    name = name.strip()
    if not separator:
        raise UsageError(f"-X {text}: there is no =", hint="write -X key=value; rpk -X list shows the keys")
    key = BY_NAME.get(name)
    if key is None:
        near = suggestion(name, list(BY_NAME))
        hint = f'did you mean "{near}"? rpk -X list shows all' if near else "rpk -X list shows all keys"
        raise UsageError(f"-X {name} is not a setting", hint=hint, name="UNKNOWN_SETTING")
    return key, value.strip()


def override_layers(options: Options) -> list[Layer]:
    """-X first, then the hidden flags; within each the last one given wins."""
    layers: list[Layer] = []
    for source, texts in (("-X", options.overrides), ("flag", options.legacy)):
        layer: dict[str, str] = {}
        for text in texts:
            key, value = parse_override(text)
            layer[key.name] = value
        if layer:
            layers.append((source, layer))
    return layers


def environment_layers(environment: Mapping[str, str]) -> list[Layer]:
    """RPK_* by key, then the older REDPANDA_* names; an empty variable counts as unset."""
    layers: list[Layer] = []
    for key in KEYS:
        for variable in (key.variable, *key.legacy):
            value = environment.get(variable, "")
            if value:
                layers.append((variable, {key.name: value}))
    return layers
