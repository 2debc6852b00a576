#!/usr/bin/env bash
# HAProxy 2.6 (package haproxy of Debian 12): core.httpclient() in Lua.
# One would guess: one call is one request, above all a POST; `retries 0` says so once more,
# and `timeout` is how long the call may take.
# Instead: a server that does not answer in time gets the same POST four times, whatever
# `retries` says, and the call lasts four times its `timeout`; 2.6 has no setting for it.
# For a gateway: whoever asks an authority this way asks four times as often just when it is
# slow, and keeps its clients waiting as long. Use core.tcp(), or count on four.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
command -v haproxy > /dev/null || { echo "Needs Debian's haproxy" >&2; exit 1; }
haproxy -v | sed -n 1p
python3 - <<'PYTHON'
import pathlib, socket, subprocess, sys, threading, time, urllib.request

asked = []

def never_answer(listener):
    while True:
        connection, _ = listener.accept()
        received = connection.recv(4096)
        while b"one" not in received and (part := connection.recv(4096)):
            received += part
        asked.append((received.split(b" ")[0].decode(), connection))

authority = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=never_answer, args=(authority,), daemon=True).start()
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]

pathlib.Path("ask.lua").write_text("""
core.register_action("ask", {"http-req"}, function(transaction)
  local url = "http://127.0.0.1:%d/"
  local answer = core.httpclient():post{url = url, body = "one", timeout = 500}
  transaction:set_var("txn.status", answer.status)
end)
""" % authority.getsockname()[1])
pathlib.Path("haproxy.cfg").write_text("""
global
    lua-load ask.lua
defaults
    mode http
    retries 0
    timeout client 60s
    timeout server 60s
    timeout connect 60s
frontend clients
    bind 127.0.0.1:%d
    http-request lua.ask
    http-request return status 200 content-type text/plain lf-string %%[var(txn.status)]
""" % port)

haproxy = subprocess.Popen(["haproxy", "-db", "-f", "haproxy.cfg"])
try:
    while haproxy.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    started = time.monotonic()
    status = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60).read().decode()
    took = time.monotonic() - started
finally:
    haproxy.terminate()
    haproxy.wait()
methods = [method for method, _ in asked]
print(f"one call with a timeout of 0.5 s: {status} after {took:.1f} s, asked", *methods)
if methods != ["POST"] * 4 or took < 1.9:
    sys.exit("HAProxy's HTTP client asks another number of times now.")
PYTHON
