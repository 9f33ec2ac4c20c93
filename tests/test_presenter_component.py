"""The presenter's files, and its pure parts in node."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import playwright

from app.components import presenter
from app.components.bundle import javascript
from tests.components import check_bundle


def test_the_bundle_is_one_safe_module():
    check_bundle(presenter)


def answers(folder: Path, question: str):
    """What an expression of the bundle's functions is, in node."""
    source = javascript(presenter.FOLDER, presenter.MODULES).replace("export default ", "")
    source += f"\nconsole.log(JSON.stringify({question}))"
    (folder / "ask.mjs").write_text(source, encoding="utf-8")
    node = shutil.which("node") or str(Path(playwright.__file__).parent / "driver" / "node")
    command = [node, str(folder / "ask.mjs")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_every_component_that_hears_keys_has_a_group(tmp_path):
    kinds = set(answers(tmp_path, "[...KINDS]"))
    components = presenter.FOLDER.parent
    heard = {
        path.parent.name
        for path in components.glob("*/skeleton.js")
        if re.search(r'tabindex: "0"', path.read_text(encoding="utf-8"))
    }
    assert kinds == heard


def test_what_a_finger_does_is_listed_first_where_there_is_one(tmp_path):
    titles = answers(tmp_path, "groupsFor(new Set(['zipf']), true).map(([title]) => title)")
    assert titles == ["Touch", "Everywhere", "Rank and frequency"]


def test_the_help_lists_the_keys_of_what_is_on_the_page_alone(tmp_path):
    kinds = "[['explorer', 'reach'], []]"
    both, none = answers(tmp_path, f"{kinds}.map((each) => groupsFor(new Set(each)))")
    assert [title for title, _ in both] == [
        "Everywhere",
        "The explorer",
        "Which token reaches which",
    ]
    assert [title for title, _ in none] == ["Everywhere"]
    for _, keys in both:
        assert keys
        assert all(len(pair) == 2 and all(pair) for pair in keys)


def test_what_the_server_writes_of_one_touch_is_one_entry_and_of_two_is_two(tmp_path):
    question = """((writes) => {
      const memory = newMemory();
      return writes.map(([touched, now]) => {
        if (touched !== null) memory.touched = touched;
        return replaces(memory, false, now);
      });
    })([[null, 5], [10, 500], [null, 560], [null, 700], [600, 820], [850, 860]])"""
    # Before any touch; a first write; one soon after it; one later, of a run that has ended; a
    # second touch, answered late; a third, answered while the second's entry is new.
    assert answers(tmp_path, question) == [True, False, True, False, False, False]
