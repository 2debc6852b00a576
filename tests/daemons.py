"""The programs that tests start, installed now where that is possible."""

import os
import shutil
import subprocess
from pathlib import Path

LUA_OF_NGINX = "/usr/lib/nginx/modules/ngx_http_lua_module.so"
# Programs and the packages of Debian and Ubuntu that bring them.
PACKAGES = {
    "nginx": "nginx",
    # No program, but a file that nginx loads.
    LUA_OF_NGINX: "libnginx-mod-http-lua",
    "victoria-metrics": "victoria-metrics",
    "haproxy": "haproxy",
    "promtool": "prometheus",
    "vmagent": "victoria-metrics",
    "syslog-ng": "syslog-ng-core syslog-ng-mod-http",
    "collectd": "collectd-core libmicrohttpd12 libprotobuf-c1",
    "redis-server": "redis-server",
    "pgbouncer": "pgbouncer",
    "fish": "fish",
    "wrk": "wrk",
    "firefox-esr": "firefox-esr",
}
SORRY = (
    "{} could not be installed, so tests that need it are skipped: "
    "install it with this system's package manager to run them."
)


def missing():
    return [name for name in PACKAGES if not _is_there(name)]


def _is_there(name):
    return Path(name).exists() if "/" in name else shutil.which(name)


def install(names):
    apt_get = shutil.which("apt-get")
    if not apt_get or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    _quietly(apt_get, "update", "-qq")
    # One by one: an older system has some of them only.
    for name in names:
        packages = PACKAGES[name].split()
        _quietly(apt_get, "install", "-qq", "-y", "--no-install-recommends", *packages)


def _quietly(*command):
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    if missing():
        print("Installing programs for tests…", flush=True)
        install(missing())
    for name in missing():
        print(SORRY.format(name))
