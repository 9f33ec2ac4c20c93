"""The presenter's files, and its pure parts in node."""

import json
import shutil
import subprocess
from pathlib import Path

import playwright

from app.components import presenter
from app.components.bundle import javascript
from tests.components import check_bundle


def test_the_bundle_is_one_safe_module():
    check_bundle(presenter)


def test_the_help_lists_the_keys_of_what_is_on_the_page_alone(tmp_path):
    kinds = "[['explorer', 'reach'], []]"
    ask = f"\nconsole.log(JSON.stringify({kinds}.map((each) => groupsFor(new Set(each)))))"
    source = javascript(presenter.FOLDER, presenter.MODULES).replace("export default ", "") + ask
    (tmp_path / "ask.mjs").write_text(source, encoding="utf-8")
    node = shutil.which("node") or str(Path(playwright.__file__).parent / "driver" / "node")
    command = [node, str(tmp_path / "ask.mjs")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    both, none = json.loads(done.stdout)
    assert [title for title, _ in both] == [
        "Everywhere",
        "The explorer",
        "Which token reaches which",
    ]
    assert [title for title, _ in none] == ["Everywhere"]
    for _, keys in both:
        assert keys
        assert all(len(pair) == 2 and all(pair) for pair in keys)
