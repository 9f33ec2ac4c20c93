"""Imports run one way, and the library stands without the page."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ORDER = ("errors", "progress", "text", "models", "capture", "analysis", "learning")


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module)
    return found


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


@pytest.mark.parametrize("path", sorted((ROOT / "core").rglob("*.py")), ids=str)
def test_core_knows_neither_the_page_nor_what_stands_on_it(path):
    for name in imports_of(path):
        assert not any(within(name, other) for other in ("streamlit", "plotly", "app")), name
    parts = path.relative_to(ROOT / "core").parts
    if len(parts) == 1:
        return
    allowed = {f"core.{part}" for part in ORDER[: ORDER.index(parts[0]) + 1]}
    inside = {name for name in imports_of(path) if within(name, "core")}
    assert all(any(within(name, part) for part in allowed) for name in inside), inside


@pytest.mark.parametrize("path", sorted((ROOT / "app").rglob("*.py")), ids=str)
def test_the_page_keeps_its_parts_apart(path):
    parts = path.relative_to(ROOT / "app").parts
    names = imports_of(path)
    if parts[0] == "figures":
        assert not any(within(name, "streamlit") for name in names)
    if parts[0] == "components":
        assert not any(within(name, other) for name in names for other in ("core", "torch"))
    text = path.read_text(encoding="utf-8")
    if parts[0] != "state":
        assert "query_params" not in text
        assert "session_state" not in text
    if path.name != "plotting.py":
        assert "plotly_chart" not in text
    if parts[0] != "compute":
        assert "cache_data" not in text
        assert "cache_resource" not in text
    assert "unsafe_allow_html" not in text


def test_the_library_imports_without_streamlit_or_plotly():
    program = (
        "import sys; sys.modules['streamlit'] = sys.modules['plotly'] = None\n"
        "import core, core.text, core.models, core.analysis\n"
        "from core import capture; assert callable(capture)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=ROOT, check=True)


def test_importing_the_library_changes_no_global_setting():
    program = (
        "import random, torch\n"
        "before = (torch.get_rng_state().tolist(), torch.get_num_threads(),"
        " torch.get_default_dtype(), torch.is_grad_enabled(), random.getstate())\n"
        "import core, core.text, core.models, core.analysis\n"
        "after = (torch.get_rng_state().tolist(), torch.get_num_threads(),"
        " torch.get_default_dtype(), torch.is_grad_enabled(), random.getstate())\n"
        "assert before == after"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_nothing_unsafe_or_unfinished_is_in_the_product():
    files = [each for folder in ("app", "core") for each in (ROOT / folder).rglob("*")]
    for path in files:
        if path.suffix not in (".py", ".js"):
            continue
        text = path.read_text(encoding="utf-8")
        for word in ("innerHTML", "insertAdjacentHTML", "pickle.load", "TODO"):
            assert word not in text, f"{path}: {word}"


def test_pytorch_files_are_only_ever_loaded_as_weights():
    for path in (each for folder in ("app", "core") for each in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("torch.load", "load"):
                given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                assert given.get("weights_only") == "True", f"{path}: {ast.unparse(node)}"
