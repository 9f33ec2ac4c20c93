"""What the README shows is true: its program runs, its commands are the ones CI uses."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_program_for_a_notebook_runs():
    program = re.search(r"```python\n(.*?)```", README, re.DOTALL).group(1)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "torch.Size([50, 1, 16]) ['input', 'forget', 'cell', 'output']" in done.stdout
    assert "multiplies the gradient by" in done.stdout


def test_every_program_runs():
    programs = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(programs) == 4
    for program in programs[1:]:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_the_two_commands_are_there():
    assert "pip install -r requirements.txt && streamlit run app/main.py" in README
    test = "pip install -r requirements.txt && python -m tests.install_browser && "
    test += "python -m pytest -n 2 --dist loadfile"
    assert test in README
    assert "<!-- test command -->" in README
    for path in re.findall(r"\]\((assets/[^)]+)\)", README):
        assert (ROOT / path).exists(), path
