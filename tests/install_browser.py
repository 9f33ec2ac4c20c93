"""Make sure that a Chromium is there for the browser tests: `python -m tests.install_browser`.

An installed one is used as it is. On Debian it comes from the distribution; elsewhere playwright
brings its own (on Ubuntu the distribution's package is a snap, which does not run everywhere).
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> str | None:
    """The path of a browser: $CHROMIUM, one on the path, or playwright's own."""
    named = os.environ.get("CHROMIUM")
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found:
        return found
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where it is needed

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def main() -> int:
    """Install one if there is none; 0 when there is one in the end."""
    if installed():
        return 0
    as_root = [] if os.name != "posix" or os.geteuid() == 0 else ["sudo"]
    debian = sys.platform == "linux" and platform.freedesktop_os_release().get("ID") == "debian"
    if debian:
        commands = [
            [*as_root, "apt-get", "update"],
            [*as_root, "apt-get", "install", "-y", "--no-install-recommends", "chromium"],
        ]
    else:
        with_libraries = ["--with-deps"] if sys.platform == "linux" else []
        commands = [[sys.executable, "-m", "playwright", "install", *with_libraries, "chromium"]]
    for command in commands:
        subprocess.run(command, check=True)
    if not installed():
        print("No Chromium was found after the installation: set $CHROMIUM to one.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
