"""Two hosts behind nginx are updated one after the other, as docs/operating.md says it.

The first round is from the newest version with another schema to this one, so that the
two run side by side on the new schema; further rounds replace this one by itself.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue

from tests.faults.load import Load, Seen, running, settle
from tests.gateway.proxies.programs import find
from tests.gateway.proxies.programs import running as running_program
from tests.installation import PROJECT, Installation, free_ports

CONFIGURATION = """
pid {folder}/nginx.pid;
error_log stderr;
worker_processes 1;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/upstreams.conf;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host 127.0.0.1;
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://portal; }} }}
    server {{ listen 127.0.0.1:{gateway_port}; location / {{ proxy_pass http://tollgate; }} }}
}}
"""
UPSTREAMS = (("portal", "port"), ("tollgate", "gateway_port"))
# What a start takes at most, on a busy machine.
UPDATED_SECONDS = 120
# What nginx still has under way goes to the end.
SETTLED_SECONDS = 2
MIGRATIONS = "*/migrations/*.py"


@contextmanager
def version_before():
    """Yield a folder with the commit in OLD, or the newest that has another schema."""
    last = git("log", "-1", "--format=%H", "--", MIGRATIONS)
    old = os.environ.get("OLD") or f"{last}^"
    with tempfile.TemporaryDirectory(prefix="tollgate-before-") as folder:
        git("worktree", "add", "--detach", folder, old)
        try:
            yield Path(folder)
        finally:
            git("worktree", "remove", "--force", folder)


def git(*words):
    done = subprocess.run(
        [shutil.which("git"), *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


class Front:
    """nginx in front of hosts; looks to a Load like the one installation."""

    def __init__(self, folder, hosts):
        self.folder, self.hosts = folder, hosts
        self.port, self.gateway_port = free_ports()
        self.address = f"http://127.0.0.1:{self.port}"
        self.path = folder / "nginx.conf"
        places = {"port": self.port, "gateway_port": self.gateway_port}
        self.path.write_text(CONFIGURATION.format(folder=folder, **places))
        self.send_to(hosts)

    def send_to(self, hosts):
        """Write down which hosts are asked; the others are down."""
        lines = []
        for name, port in UPSTREAMS:
            servers = " ".join(
                f"server 127.0.0.1:{getattr(each, port)}"
                f"{'' if each in hosts else ' down'};"
                for each in self.hosts
            )
            lines.append(f"upstream {name} {{ {servers} keepalive 8; }}\n")
        (self.folder / "upstreams.conf").write_text("".join(lines))

    def turn_to(self, hosts):
        self.send_to(hosts)
        subprocess.run([*self.command, "-s", "reload"], check=True, capture_output=True)
        time.sleep(SETTLED_SECONDS)

    @property
    def command(self):
        return [find("nginx"), "-c", str(self.path), "-p", str(self.folder)]

    @contextmanager
    def running(self):
        command = ["nginx", *self.command[1:], "-g", "daemon off;"]
        ports = [self.port, self.gateway_port]
        with running_program(command, ports, self.folder / "nginx.log"):
            yield self

    def wait_for_health(self):
        urllib.request.urlopen(f"{self.address}/livez", timeout=60).close()


class Unforgiving(Load):
    """A load to which a 503 is as wrong as anything else."""

    def _judge(self, name, status, began):
        if name != "stopped" and status != {"known": 204, "new": 401}[name]:
            self.seen.wrong.append((name, status))


def open_pages(front, seen, over):
    """Open the page of the login again and again."""
    while not over.wait(0.05):
        try:
            urllib.request.urlopen(f"{front.address}/login/", timeout=30).close()
        except OSError as error:
            seen.wrong.append(("page", str(error)))


def update_each(first, variables, times):
    """Return what a load saw while two hosts of an installation were replaced in turn."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        shared = {name: first.variables[name] for name in ("DATABASE_URL", "ENV_FILE")}
        second = Installation(folder, **variables, **shared)
        second.project = first.project
        world, seen, over = settle(first), Seen(), threading.Event()
        hosts = [first, second]
        started = {each: stack.enter_context(ExitStack()) for each in hosts}
        for each in hosts:
            start(started[each], each)
        front = stack.enter_context(Front(folder, hosts).running())
        world.installation = front
        pages = threading.Thread(target=open_pages, args=(front, seen, over))
        with Unforgiving(world, seen).going_on():
            pages.start()
            for _ in range(times):
                for each in hosts:
                    update(front, each, started[each])
            over.set()
            pages.join()
        if seen.refused:
            seen.wrong.append(("writes refused", seen.refused))
        return seen


def update(front, host, started):
    front.turn_to([each for each in front.hosts if each is not host])
    started.close()
    host.project = PROJECT
    host.command("migrate", "-v0")
    start(started, host)
    front.turn_to(front.hosts)


def start(started, host):
    started.enter_context(running(host))
    host.wait_for_health()


def update_in_place(host, times):
    """Return what a load saw while a host was told that there is another version."""
    world, seen, over = settle(host), Seen(), threading.Event()
    host.command("collectstatic", "-v0", "--no-input")
    with host.running("manage.py", "serve", DRAIN_SECONDS="2") as (process, _):
        updated = SimpleQueue()
        threading.Thread(target=read, args=(process, updated), daemon=True).start()
        pages = threading.Thread(target=open_pages, args=(host, seen, over))
        with Unforgiving(world, seen).going_on():
            pages.start()
            for _ in range(times):
                process.send_signal(signal.SIGHUP)
                updated.get(timeout=UPDATED_SECONDS)
            over.set()
            pages.join()
    if seen.refused:
        seen.wrong.append(("writes refused", seen.refused))
    return seen


def read(process, updated):
    for line in process.stdout:
        if line == "Tollgate was updated\n":
            updated.put(line)
