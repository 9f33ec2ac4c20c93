"""Make sure that a Chromium is there for the browser tests: `python -m tests.install_browser`.

An installed one is used as it is. On Debian it comes from the distribution; elsewhere playwright
brings its own (on Ubuntu the distribution's package is a snap, which does not run everywhere).
Which fonts are there does not matter, as long as there is one (fontconfig brings DejaVu along).
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> str | None:
    """The path of a browser: $CHROMIUM, one on the path that runs, or playwright's own."""
    named = os.environ.get("CHROMIUM")
    on_path = (path for name in NAMES if (path := shutil.which(name)))
    found = named or next(filter(runs, on_path), None)
    if found:
        return found
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where it is needed

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def runs(path: str) -> bool:
    """Whether a browser on the path can be driven.

    Ubuntu's /usr/bin/chromium-browser may only say that a snap is to be installed, and a snap
    cannot read the folder in which playwright makes its profile.
    """
    if "/snap/" in str(Path(path).resolve()) or "/snap/" in path:
        return False
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and b"snap" not in asked.stdout


def commands() -> list[list[str]]:
    """What installs a browser on this system."""
    name = linux() if sys.platform == "linux" else ""
    as_root = [] if os.name != "posix" or os.geteuid() == 0 else ["sudo"]
    if name == "debian":
        return [
            [*as_root, "apt-get", "update"],
            [*as_root, "apt-get", "install", "-y", "--no-install-recommends", "chromium"],
        ]
    with_libraries = ["--with-deps"] if name == "ubuntu" else []  # playwright knows no others
    return [[sys.executable, "-m", "playwright", "install", *with_libraries, "chromium"]]


def linux() -> str:
    """Which Linux this is: "debian", "ubuntu", or "" for any other."""
    try:
        known = platform.freedesktop_os_release()
    except OSError:
        return ""
    names = [known.get("ID", ""), *known.get("ID_LIKE", "").split()]
    return next((name for name in ("ubuntu", "debian") if name in names), "")


def main() -> int:
    """Install one if there is none; 0 when there is one in the end."""
    named = os.environ.get("CHROMIUM")
    if named and not shutil.which(named):
        print(f"$CHROMIUM is {named}, where no program is: unset it or name a Chromium.")
        return 1
    if installed():
        return 0
    for command in commands():
        print("+", *command, flush=True)
        try:
            done = subprocess.run(command, check=False)
        except FileNotFoundError:
            print(f"`{command[0]}` is not there: install a Chromium as administrator.")
            return 1
        if done.returncode:
            return done.returncode
    if not installed():
        print("No Chromium was found after the installation: set $CHROMIUM to one.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
