"""Where files live (XDG), and which project file counts."""

from rpk.system import paths


def test_xdg():
    assert paths.rpk_yaml({"HOME": "/h"}) == "/h/.config/rpk/rpk.yaml"
    assert paths.rpk_yaml({"HOME": "/h", "XDG_CONFIG_HOME": "/c"}) == "/c/rpk/rpk.yaml"
    assert paths.rpk_yaml({"HOME": "/h", "XDG_CONFIG_HOME": "relative"}) == "/h/.config/rpk/rpk.yaml"
    assert paths.state_directory({"HOME": "/h"}) == "/h/.local/state/rpk"
    assert paths.cache_directory({"HOME": "/h", "XDG_CACHE_HOME": "/x"}) == "/x/rpk"


def test_the_project_file_is_the_nearest_up_to_the_repository(tmp_path):
    deep = tmp_path / "repository" / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / ".rpk.yaml").touch()
    assert paths.project_file(str(deep)) is None  # no repository: a parent's file belongs to somebody else
    (tmp_path / "repository" / ".git").mkdir()
    assert paths.project_file(str(deep)) is None  # it lies above the repository
    top = tmp_path / "repository" / ".rpk.yaml"
    top.touch()
    assert paths.project_file(str(deep)) == str(top)
    near = tmp_path / "repository" / "a" / ".rpk.yaml"
    near.touch()
    assert paths.project_file(str(deep)) == str(near)


def test_outside_a_repository_the_directory_itself_counts(tmp_path):
    (tmp_path / ".rpk.yaml").touch()
    assert paths.project_file(str(tmp_path)) == str(tmp_path / ".rpk.yaml")
