#!/usr/bin/env bash
# syslog-ng 3.38 with its http() destination (syslog-ng-core and syslog-ng-mod-http of Debian 12).
# One would guess: 503 and 504 are both a server in trouble, and a line waits until it is over.
# Instead: at 503 a line is kept and sent for ever; at 504 it is dropped after three tries,
# with one line in the log of syslog-ng, and the next line goes on.
# For a gateway: answer 503 when a store is slow or away, also where the proxy would say 504
# by itself (timeouts of nginx, Envoy, HAProxy, Traefik).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
command -v syslog-ng > /dev/null || { echo "Needs Debian's syslog-ng-mod-http" >&2; exit 1; }
syslog-ng --version | sed -n 1p
python3 - <<'PYTHON'
import http.server, pathlib, subprocess, sys, threading

tries, done = [], threading.Event()

class Store(http.server.BaseHTTPRequestHandler):
    """Answers the first five tries of a line with the status in it, and then 200."""

    def do_POST(self):
        line = self.rfile.read(int(self.headers["Content-Length"])).decode().strip()
        tries.append(line)
        self.send_response(int(line) if tries.count(line) <= 5 else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if line == "200":
            done.set()

    def log_message(self, *args):
        pass

store = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
threading.Thread(target=store.serve_forever, daemon=True).start()
here = pathlib.Path.cwd()
pathlib.Path("lines").write_text("503\n504\n200\n")
pathlib.Path("syslog-ng.conf").write_text("""@version: 3.38
options { time-reopen(1); };
source lines { file("%s/lines" flags(no-parse) read-old-records(yes)); };
destination store { http(url("http://127.0.0.1:%d/") method("POST") body("${MESSAGE}")); };
log { source(lines); destination(store); };
""" % (here, store.server_port))
files = ["--cfgfile", "--persist-file", "--pidfile", "--control"]
names = ["syslog-ng.conf", "persist", "pid", "control"]
options = [f"{option}={here / name}" for option, name in zip(files, names)]
syslog = subprocess.Popen(["syslog-ng", "--foreground", "--no-caps", *options])
try:
    done.wait(60)
finally:
    syslog.terminate()
    syslog.wait()
for line in ("503", "504", "200"):
    print(f"the line that is answered {line}: sent {tries.count(line)} times")
if tries != ["503"] * 6 + ["504"] * 3 + ["200"]:
    sys.exit("syslog-ng treats 503 or 504 in another way now.")
PYTHON
