"""What moves in the explorer's diagram: its pure parts, run by node."""

import re
import shutil
import subprocess
from pathlib import Path

import playwright

from app.components.explorer import FOLDER

TESTS = Path(__file__).parent


def test_node_tests_pass(tmp_path):
    node = shutil.which("node") or str(Path(playwright.__file__).parent / "driver" / "node")
    for folder in (FOLDER, FOLDER.parent / "shared"):
        no_python = shutil.ignore_patterns("*.py", "__py*")
        shutil.copytree(folder, tmp_path / folder.name, ignore=no_python)
    (tmp_path / "js").mkdir()
    for name in ("motion.test.js", "film.test.js", "motion_views.js"):
        shutil.copy(TESTS / "js" / name, tmp_path / "js")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    done = subprocess.run(
        [node, "--test", "js/"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9][0-9]", done.stdout, re.MULTILINE), done.stdout
