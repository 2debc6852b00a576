#!/usr/bin/env bash
# logzio-python-handler 4.1.9, the logging handler of Logz.io for Python.
# One would guess: 204 is a success, and the usual one of an endpoint that takes lines.
# Instead: only 200 is. At any other 2xx the handler sends the same lines four times, each
# with a pause, and then writes them into a file in the current folder, as if nobody had
# taken them.
# For a gateway: hand on 200 to this client. With 204 each line is stored four times, and a
# disk that nobody watches fills up with logzio-failures-*.txt.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check logzio-python-handler==4.1.9
venv/bin/python - <<'PYTHON'
import glob, http.server, importlib.metadata, logging, sys, threading

from logzio.handler import LogzioHandler

taken = {}

class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        status = int(self.path.split("?")[0].strip("/"))
        taken[status] = taken.get(status, 0) + 1
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass

listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=listener.serve_forever, daemon=True).start()

print("logzio-python-handler", importlib.metadata.version("logzio-python-handler"))
files = {}
for status in (200, 204):
    handler = LogzioHandler("token", url=f"http://127.0.0.1:{listener.server_port}/{status}/")
    logger = logging.getLogger(f"example.{status}")
    logger.propagate = False
    logger.addHandler(handler)
    logger.warning("an event")
    handler.flush()
    files[status] = len(glob.glob("logzio-failures-*.txt"))
    print(f"{status}: one line, sent {taken[status]} times, files of failures: {files[status]}")
if taken != {200: 1, 204: 4} or files != {200: 0, 204: 1}:
    sys.exit("The handler takes 204 in another way now.")
PYTHON
