"""The browser of the tests: this machine's Chromium, or one that is installed now."""

import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

# The shell is what Playwright itself takes when nobody is to see a window: the same engine
# for half the work.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
# The shell keeps no pages to go back to.
WHOLE = NAMES[1:]
SORRY = (
    "The browser tests need Chromium, and it could not be installed: "
    "install it with this system's package manager and run make test again."
)


def executable():
    """Return the path of the system's browser; None stands for Playwright's own."""
    return _first(NAMES)


def keeper_of_pages():
    """Return the path of a browser with a back/forward cache; None is Playwright's."""
    return _first(WHOLE)


def _first(names):
    return next(filter(None, map(shutil.which, names)), None)


def present():
    if executable() and keeper_of_pages():
        return True
    with sync_playwright() as playwright:
        return os.path.exists(playwright.chromium.executable_path)


def install():
    """Try the system's packages first, then Playwright's own download."""
    for commands in ways():
        for command in commands:
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        if present():
            return
    sys.exit(SORRY)


def ways():
    apt_get = shutil.which("apt-get")
    if apt_get and hasattr(os, "geteuid") and os.geteuid() == 0:
        install = [apt_get, "install", "-qq", "-y", "--no-install-recommends"]
        yield (
            [apt_get, "update", "-qq"],
            [*install, "chromium"],
            [*install, "chromium-headless-shell"],
        )
    yield ([sys.executable, "-m", "playwright", "install", "chromium"],)


if __name__ == "__main__":
    if not present():
        print("Installing Chromium for the browser tests…", flush=True)
        install()
