"""Real proxies in front of one trivial upstream: unguarded, guarded, remembering.

Each is a process of its own with the files of deploy/ and the smallest configuration
around them: no TLS, no routes, no log. So what guarding costs is not hidden by what
everybody pays.
"""

import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import free_port, wait_for

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
KINDS = UNGUARDED, FLOOR, GUARDED, REMEMBERED = (
    "unguarded",
    "empty Lua",
    "guarded",
    "remembered",
)
WITHOUT_TOLLGATE = UNGUARDED, FLOOR
NGINX = """\
{user}
{modules}
daemon off;
worker_processes {workers};
worker_rlimit_nofile 8192;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {inside}
}}
"""
STORE = "server {{ listen 127.0.0.1:{port} backlog=4096; return 200 taken; }}"
UNASKED = (
    "set $handed_over ''; set $shown_query ''; set $shown_form ''; set $ticket '';"
)
MODULES = Path("/usr/lib/nginx/modules")
ASKED = f"""
    {UNASKED}
    include tollgate/ask.conf;
    location / {{
        auth_request /_tollgate/logs;
        include tollgate/store.conf;
        proxy_pass http://loki;
    }}
"""
# The same around a decision that is made in no time: what Lua itself costs.
DECIDED = f"""
    {UNASKED}
    location ^~ /_tollgate/ {{
        internal;
        access_log off;
        set_by_lua_block $tollgate_passes {{ return "1" }}
        if ($tollgate_passes) {{ return 204; }}
    }}
    location / {{
        auth_request /_tollgate/logs;
        include tollgate/store.conf;
        proxy_pass http://loki;
    }}
"""
LUA_MODULES = [MODULES / f"{name}_module.so" for name in ("ndk_http", "ngx_http_lua")]
NGINX_LOCATIONS = {
    UNGUARDED: """
    location / {
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_pass http://loki;
    }
""",
    FLOOR: DECIDED,
    GUARDED: ASKED,
    REMEMBERED: ASKED,
}
HAPROXY = """\
global
    maxconn 4096
    {loads}
defaults
    mode http
    timeout connect 2s
    timeout client 75s
    timeout server 60s
    timeout http-keep-alive 75s
    retries 0
frontend gateway
    bind 127.0.0.1:{port}
    {rules}
    default_backend store
backend store
    server store 127.0.0.1:{store}
"""
HAPROXY_RULES = """\
    http-request lua.tollgate logs - - if !remembered
    http-request return status 401 if { var(txn.told) -m beg 401 }
    http-request return status 403 if { var(txn.told) -m beg 403 }
    http-request return status 503 unless { var(txn.told) -m beg 204 }
    http-request del-header X-API-TOKEN
    http-request set-header X-Scope-OrgID %[var(txn.told),field(2,\\n)]
    http-request set-header AccountID %[var(txn.told),field(3,\\n)]
    http-request set-header ProjectID 0
"""
# The same around a decision that is made in no time: what Lua itself costs.
EMPTY_LUA = """\
core.register_converters("decided", function(request) return "204\\n1\\n1\\nlogs" end)
"""
HAPROXY_DECIDED = """\
    http-request set-var(txn.told) req.fhdr(X-API-TOKEN,1),lua.decided
    http-request return status 503 unless { var(txn.told) -m beg 204 }
    http-request del-header X-API-TOKEN
    http-request set-header X-Scope-OrgID %[var(txn.told),field(2,\\n)]
    http-request set-header AccountID %[var(txn.told),field(3,\\n)]
    http-request set-header ProjectID 0
"""


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int


@contextmanager
def store(folder):
    """Start what answers everything at once, in a process of its own."""
    port = free_port()
    conf = nginx_conf(folder, STORE.format(port=port), workers=1)
    with running(["nginx", *nginx_options(folder, conf)], port) as server:
        yield server


@contextmanager
def nginx(folder, kind, *, store, tollgate, credential):
    shutil.copytree(DEPLOY / "nginx" / "tollgate", folder / "tollgate")
    modules, remembers = "", ""
    if kind in (FLOOR, REMEMBERED):
        modules = "".join(f"load_module {module};" for module in LUA_MODULES)
        remembers = remembering_nginx(folder / "tollgate", tollgate)
    upstreams = folder / "tollgate" / "upstreams.conf"
    text = upstreams.read_text()
    for name, port in (("loki", store), ("tollgate", tollgate)):
        text = re.sub(rf"(upstream {name} .*127.0.0.1):\d+;", rf"\1:{port};", text)
    upstreams.write_text(text)
    own = f"proxy_set_header X-Tollgate-Gateway {credential};\n"
    (folder / "tollgate" / "credential.conf").write_text(own)
    port = free_port()
    listens = f"listen 127.0.0.1:{port} backlog=4096;"
    inside = f"""
    include tollgate/upstreams.conf;
    {remembers}
    uninitialized_variable_warn off;
    server {{ {listens} {NGINX_LOCATIONS[kind]} }}
"""
    conf = nginx_conf(folder, inside, modules=modules)
    with running(["nginx", *nginx_options(folder, conf)], port) as server:
        yield server


def remembering_nginx(folder, tollgate):
    """Put the files there that let nginx remember; return what has to include them."""
    shutil.copytree(DEPLOY / "nginx" / "remembered", folder, dirs_exist_ok=True)
    path = folder / "remembered_http.conf"
    text = path.read_text().replace("/etc/nginx/", f"{folder.parent}/")
    path.write_text(text.replace("127.0.0.1:8001", f"127.0.0.1:{tollgate}"))
    return "include tollgate/remembered_http.conf;"


def nginx_conf(folder, inside, *, workers="auto", modules=""):
    folder.mkdir(exist_ok=True)
    path = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    path.write_text(
        NGINX.format(
            folder=folder, inside=inside, workers=workers, modules=modules, user=user
        )
    )
    return path


def nginx_options(folder, conf):
    return ["-e", "stderr", "-p", str(folder), "-c", str(conf)]


def haproxy_rules(kind):
    """Return the rules of a way, those that remember as they are shipped."""
    if kind == UNGUARDED:
        return ""
    if kind == FLOOR:
        return HAPROXY_DECIDED
    asked = "    http-request set-var(txn.asked) str(logs)\n"
    shipped = (DEPLOY / "haproxy" / "haproxy.cfg").read_text()
    rest = shipped.partition("    acl remembered ")[2]
    acl, _, rules = rest.partition(".if ")
    rules = rules.partition("\n")[2].partition(".endif")[0]
    if kind == GUARDED:
        rules = ""
    return f"    acl remembered {acl}{asked}{rules}{HAPROXY_RULES}"


@contextmanager
def haproxy(folder, kind, *, store, tollgate, credential):
    folder.mkdir()
    port = free_port()
    loads = [f"lua-load {DEPLOY}/haproxy/{name}" for name in LUA[kind]]
    if kind == FLOOR:
        (folder / "empty.lua").write_text(EMPTY_LUA)
        loads = [f"lua-load {folder}/empty.lua"]
    rules = haproxy_rules(kind)
    text = HAPROXY.format(
        loads="\n    ".join(loads), rules=rules, port=port, store=store
    )
    (folder / "haproxy.cfg").write_text(text)
    told = {
        "TOLLGATE_ADDRESS": f"http://127.0.0.1:{tollgate}",
        "TOLLGATE_GATEWAY": credential,
    }
    command = ["haproxy", "-f", str(folder / "haproxy.cfg")]
    with running(command, port, told) as server:
        yield server


LUA = {
    UNGUARDED: [],
    FLOOR: [],
    GUARDED: ["tollgate.lua"],
    REMEMBERED: ["tollgate.lua", "memory.lua"],
}
FRONTS = {"nginx": nginx, "haproxy": haproxy}


@contextmanager
def running(command, port, told=None):
    process = subprocess.Popen(  # noqa: S603 -- our own configuration
        command, env=os.environ | (told or {}), stdout=sys.stderr
    )
    try:
        wait_for(port)
        yield Server(process.pid, port)
    finally:
        process.terminate()
        process.wait()
