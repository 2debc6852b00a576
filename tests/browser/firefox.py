"""Firefox, by its own remote protocol: what Playwright drives is not what people have.

Marionette takes the commands of WebDriver as JSON, each with its length before it:
https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

import json
import os
import socket
import subprocess
from contextlib import contextmanager

from tests.waiting import PATIENCE_SECONDS, wait_until

PROGRAM = "firefox-esr"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
TAB, ENTER, CONTROL = "\ue004", "\ue007", "\ue009"
PREFERENCES = {
    # Any port, which is then in a file of the profile.
    "marionette.port": 0,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
    # One process for one page, and none kept ready for others.
    "browser.aboutwelcome.enabled": False,
    "browser.newtab.preload": False,
    "browser.startup.page": 0,
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    "fission.autostart": False,
    # Dark.
    "layout.css.prefers-color-scheme.content-override": 0,
}


@contextmanager
def firefox(folder):
    """Run Firefox with a profile of its own in a folder, and yield what drives it."""
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(value)});"
        for name, value in PREFERENCES.items()
    ]
    (folder / "user.js").write_text("\n".join(lines))
    command = [PROGRAM, "-headless", "-marionette", "-no-remote", "-profile", folder]
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"HOME": str(folder)},
    ) as process:
        try:
            with Firefox(_port(folder)) as window:
                yield window
        finally:
            process.kill()


def _port(folder):
    told = folder / "MarionetteActivePort"
    wait_until(lambda: told.exists() and told.read_text().strip())
    return int(told.read_text())


class Firefox:
    """A window; what is looked for is waited for."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self._answers = self._socket.makefile("rb")
        self._number = 0
        self._read()
        self._call("NewSession", capabilities={})
        milliseconds = int(PATIENCE_SECONDS * 1000)
        self._call("SetTimeouts", implicit=milliseconds, pageLoad=milliseconds)
        self._call("SetWindowRect", width=1280, height=900)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._answers.close()
        self._socket.close()

    def open(self, address):
        self._call("Navigate", url=address)

    def click(self, css):
        self._call("ElementClick", id=self.find(css))

    def type(self, css, text):
        self._call("ElementSendKeys", id=self.find(css), text=text)

    def find(self, css):
        return self._call("FindElement", using="css selector", value=css)[ELEMENT]

    def evaluate(self, expression):
        return self._call("ExecuteScript", script=f"return {expression}", args=[])

    def expect(self, expression):
        """Wait until something is true of the page."""
        wait_until(lambda: self.evaluate(expression))

    def press(self, *keys):
        """Press keys together, and let them go."""
        steps = [("keyDown", key) for key in keys]
        steps += [("keyUp", key) for key in reversed(keys)]
        actions = [{"type": kind, "value": key} for kind, key in steps]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self._call("PerformActions", actions=[source])

    def _call(self, name, **parameters):
        self._number += 1
        message = json.dumps([0, self._number, f"WebDriver:{name}", parameters])
        self._socket.sendall(f"{len(message)}:{message}".encode())
        _, _, error, result = self._read()
        assert error is None, error
        return result["value"] if set(result) == {"value"} else result

    def _read(self):
        length = b""
        while (letter := self._answers.read(1)) != b":":
            assert letter, "Firefox has ended"
            length += letter
        return json.loads(self._answers.read(int(length)))
