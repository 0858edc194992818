from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from likewise.errors import LikewiseError, MissingExtra
from likewise.system.extras import need


def test_a_module_that_is_there_is_given() -> None:
    assert need("math", "tour", "counting") is math


@pytest.mark.parametrize("module", ["no_such_package", "no_such_package.inside.it"])
def test_a_missing_package_is_one_line_with_the_command(module: str) -> None:
    with pytest.raises(MissingExtra) as caught:
        need(module, "tour", "the tour")
    message = str(caught.value)
    assert message == (
        "the tour needs the package 'no_such_package', which is not installed: pip install 'likewise[tour]'"
    )
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, LikewiseError)


def test_a_package_that_is_broken_inside_says_so_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "not installed" would be a lie where the package is there and something that it needs is not."""
    (tmp_path / "broken_inside.py").write_text("import what_it_needs\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="what_it_needs") as caught:
        need("broken_inside", "tour", "the tour")
    assert not isinstance(caught.value, MissingExtra)
    sys.modules.pop("broken_inside", None)


def test_a_name_that_begins_like_the_missing_one_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Package `widgets` is there and needs `wid`, which is not: the beginning of its name, and another package."""
    (tmp_path / "widgets.py").write_text("import wid\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError) as caught:
        need("widgets", "tour", "the tour")
    assert not isinstance(caught.value, MissingExtra)


@pytest.mark.parametrize(("own", "wanted"), [(None, "3000"), ("7", "7")])
def test_torch_is_told_not_to_spin_for_long_unless_somebody_has_said_how_long(
    own: str | None, wanted: str
) -> None:
    pytest.importorskip("torch")
    code = "import os, likewise.neural; print(os.environ['GOMP_SPINCOUNT'])"
    kept = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    given = kept | ({} if own is None else {"GOMP_SPINCOUNT": own})
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=given)
    assert done.stdout.strip() == wanted
