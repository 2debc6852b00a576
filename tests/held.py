"""A WSGI application that answers only once a test lets it.

Files in the folder HELD_IN tell: it makes `asked`, and waits for `let go`.
"""

import os
from pathlib import Path

from tests.waiting import wait_until


def application(environ, start_response):
    folder = Path(os.environ["HELD_IN"])
    (folder / "asked").touch()
    wait_until((folder / "let go").exists)
    start_response("200 OK", [])
    return [b"whole"]
