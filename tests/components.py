"""What the tests of all components share: their bundles, and node's test runner."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import playwright

from app.components.bundle import javascript, stylesheet
from tests.waiting import until

TESTS = Path(__file__).parent
COMPONENTS = TESTS.parent / "app" / "components"
# In a browser: how many of the tokens in a box of running text are cut at its upper or lower edge,
# and which edges say that the text goes on.
CUT = """(box) => {
  const outer = box.getBoundingClientRect();
  const { paddingTop, paddingBottom, borderTopWidth } = getComputedStyle(box);
  const start = outer.top + parseFloat(borderTopWidth);
  const top = start + parseFloat(paddingTop);
  const bottom = start + box.clientHeight - parseFloat(paddingBottom);
  const over = (y, { top: from, bottom: to }) => from < y - 2 && to > y + 2;
  const rects = [...box.querySelectorAll("[data-t]")].flatMap((node) => [...node.getClientRects()]);
  const cut = rects.filter((rect) => over(top, rect) || over(bottom, rect)).length;
  return [cut, box.classList.contains("goes-up"), box.classList.contains("goes-down")];
}"""
# Moves the box a little off its lines, and says how many tokens are cut there.
SCROLL = f"(box, by) => {{ box.scrollTop += by; return ({CUT})(box)[0]; }}"


def scroll_by_hand(box, by: int) -> None:
    """Scroll a box of running text to between two lines: it comes to rest on whole ones."""
    assert box.evaluate(SCROLL, by) > 0
    until(lambda: box.evaluate(CUT)[0], 0)


def refuse_constant(word: str):
    raise AssertionError(f"{word} is not strict JSON")


def check_bundle(module: ModuleType) -> None:
    """One module without imports, made of every file of the folder, safe and documented."""
    source = javascript(module.FOLDER, module.MODULES)
    assert re.findall(r"^export (.*?)\(", source, re.MULTILINE) == [
        f"default function {module.FOLDER.name}Component"
    ]
    assert not re.search(r"^\s*import\b|\bimport\(", source, re.MULTILINE)
    own = {path.name for path in module.FOLDER.glob("*.js")}
    assert {name for name in module.MODULES if "/" not in name} == own
    forbidden = (
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "createContextualFragment"),
        *("document.write", "eval(", "new Function", "https:", "fetch(", "XMLHttpRequest"),
        *("localStorage", "import(", "src=", "href"),
    )
    for name in own:
        text = (module.FOLDER / name).read_text(encoding="utf-8")
        assert [word for word in forbidden if word in text] == [], name
        lines = text.splitlines()
        assert len(lines) <= 300, name
        for at, line in enumerate(lines):
            if line.startswith(("export function", "export default")):
                assert lines[at - 1].endswith("*/"), f"{name}: {line}"
    styles = stylesheet(module.FOLDER, module.STYLES)
    assert "url(" not in styles
    assert "@import" not in styles


def answer_in_node(folder: Path, program: str, value: object) -> Any:
    """What a function of the shared JavaScript gives for a value.

    Args:
        folder: An empty one, or one that an earlier call has filled.
        program: Imports from "./shared/", and a function `answer` of the value.
        value: What JSON holds; lone surrogates too.
    """
    if not (folder / "shared").exists():
        no_python = shutil.ignore_patterns("*.py", "__py*")
        shutil.copytree(COMPONENTS / "shared", folder / "shared", ignore=no_python)
        (folder / "package.json").write_text('{"type": "module"}')
    ending = "process.stdout.write(JSON.stringify(answer(JSON.parse(readFileSync(0, 'utf8')))));"
    (folder / "answer.js").write_text(
        f'import {{ readFileSync }} from "node:fs";\n{program}\n{ending}\n', encoding="utf-8"
    )
    done = subprocess.run(
        [_node(), "answer.js"], cwd=folder, input=json.dumps(value), capture_output=True,
        encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _node() -> str:
    return shutil.which("node") or str(Path(playwright.__file__).parent / "driver" / "node")


def run_node(module: ModuleType, folder: Path) -> None:
    """Node takes the bundle, and the component's own tests pass in it."""
    node = _node()
    no_python = shutil.ignore_patterns("*.py", "__py*")
    for each in (module.FOLDER, module.FOLDER.parent / "shared"):
        shutil.copytree(each, folder / each.name, ignore=no_python)
    (folder / "js").mkdir()
    shutil.copy(TESTS / "js" / f"{module.FOLDER.name}.test.js", folder / "js")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "bundle.mjs").write_text(javascript(module.FOLDER, module.MODULES), encoding="utf-8")
    for arguments in (["--check", "bundle.mjs"], ["--test", "js/"]):
        done = subprocess.run(
            [node, *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE), done.stdout
