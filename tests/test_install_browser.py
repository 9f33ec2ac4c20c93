"""Which browser the tests take, and what would install one."""

import os
import platform
import sys
from pathlib import Path

import pytest

from tests import install_browser
from tests.install_browser import NAMES, commands, installed, main, runs

pytestmark = pytest.mark.skipif(os.name != "posix", reason="programs of a shell stand for browsers")
WORKS = "echo Chromium 150"
STUB = "echo 'Command requires the chromium snap to be installed.' >&2; exit 1"


def program(folder: Path, name: str, script: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def path_of(tmp_path, monkeypatch):
    """Only these programs are on the path."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_a_browser_on_the_path_is_taken(path_of, name):
    works = program(path_of, name, WORKS)
    assert installed() == works


def test_what_only_asks_for_a_snap_is_passed_over(path_of):
    stub = program(path_of, "chromium", STUB)
    assert not runs(stub)
    works = program(path_of, "google-chrome", WORKS)
    assert installed() == works


def test_a_snap_is_passed_over(tmp_path):
    assert not runs(program(tmp_path, "snap/bin/chromium", WORKS))
    inside = program(tmp_path, "snap/chromium/browser", WORKS)
    (tmp_path / "chromium").symlink_to(inside)
    assert not runs(str(tmp_path / "chromium"))


def test_a_named_one_is_taken_unseen_but_must_be_there(path_of, monkeypatch, capsys):
    named = program(path_of, "mine", WORKS)
    monkeypatch.setenv("CHROMIUM", named)
    assert installed() == named
    assert main() == 0
    monkeypatch.setenv("CHROMIUM", f"{named}-not")
    assert main() == 1
    assert "where no program is" in capsys.readouterr().out


SYSTEMS = {
    "debian": ({"ID": "debian"}, "apt-get"),
    "raspberry": ({"ID": "raspbian", "ID_LIKE": "debian"}, "apt-get"),
    "ubuntu": ({"ID": "ubuntu", "ID_LIKE": "debian"}, "--with-deps"),
    "mint": ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "--with-deps"),
    "fedora": ({"ID": "fedora"}, "chromium"),
    "nameless": (None, "chromium"),
}


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("user", [0, 1000])
def test_each_system_is_asked_in_its_own_way(monkeypatch, name, user):
    told, word = SYSTEMS[name]

    def release():
        if told is None:
            raise OSError
        return told

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "freedesktop_os_release", release)
    monkeypatch.setattr(install_browser.os, "geteuid", lambda: user)
    last = commands()[-1]
    assert word in last
    assert ("playwright" in last) == (word != "apt-get")
    assert ("--with-deps" in last) == (word == "--with-deps")
    assert (last[0] == "sudo") == (word == "apt-get" and user != 0)
