"""The real nginx with the project's configuration, on ports of a test's own."""

import os
import re
import shutil
import signal
from pathlib import Path

import psutil

from tests.gateway.proxies.proxy import UPSTREAMS, Proxy
from tests.installation import PROJECT, free_port
from tests.waiting import wait_until

DEPLOY = PROJECT / "deploy" / "nginx"
MAIN = """\
{user}
{modules}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/temporary/body;
    proxy_temp_path {folder}/temporary/proxy;
    fastcgi_temp_path {folder}/temporary/fastcgi;
    uwsgi_temp_path {folder}/temporary/uwsgi;
    scgi_temp_path {folder}/temporary/scgi;
    access_log off;
    include tollgate.conf;
}}
"""
# Where Debian has them; what is linked to them is not there where tests may not install.
MODULE_FOLDER = Path("/usr/lib/nginx/modules")
MODULES = [MODULE_FOLDER / f"{name}_module.so" for name in ("ndk_http", "ngx_http_lua")]
SERVERS = {"ship": "listener", "read": "query"}


def load(modules):
    return "".join(f"load_module {module}; " for module in modules)


class Nginx(Proxy):
    program = "nginx"
    speaks_grpc = True

    def address(self, place, port=443):
        """Return where a server of the configuration listens instead of on a port."""
        own = self._ports[SERVERS.get(place, place), port]
        return f"https://127.0.0.1:{own}"

    def client(self, place, port=443, **options):
        return super().client(
            place, **options | {"base_url": self.address(place, port)}
        )

    def command(self):
        options = ["-e", "stderr", "-p", self.folder, "-c", self.folder / "nginx.conf"]
        return [self.program, *options]

    def ports(self):
        return self._ports.values()

    def reload(self):
        """Read the configuration again, and wait until old workers are gone."""
        main = psutil.Process(int((self.folder / "nginx.pid").read_text()))
        workers = main.children()
        main.send_signal(signal.SIGHUP)
        wait_until(lambda: not any(worker.is_running() for worker in workers))

    def set_credential(self, credential):
        path = self.folder / "tollgate" / "credential.conf"
        path.write_text(f"proxy_set_header X-Tollgate-Gateway {credential};\n")

    def configure(self):
        self._ports, self._forms = {}, free_port()
        shutil.copytree(DEPLOY, self.folder, dirs_exist_ok=True)
        if self.needs:
            tollgate = self.folder / "tollgate"
            shutil.copytree(DEPLOY / "remembered", tollgate, dirs_exist_ok=True)
        (self.folder / "temporary").mkdir()
        user = "user root;" if os.geteuid() == 0 else ""
        main = MAIN.format(folder=self.folder, user=user, modules=load(self.needs))
        (self.folder / "nginx.conf").write_text(main)
        for path in self.folder.rglob("*.conf"):
            path.write_text(self._moved(path.read_text(), path.stem))
        self.set_credential(self.credential)

    def _moved(self, text, server):
        """Point a file to places of the test; everything else stays as it is."""

        def listen(match):
            port = self._ports.setdefault((server, int(match[1])), free_port())
            return f"listen 127.0.0.1:{port}{match[2]};"

        text = re.sub(r"listen \[::\]:\d+[^;]*;", "", text)
        text = re.sub(r"listen (\d+)((?: [^;]*)?);", listen, text)
        text = text.replace("127.0.0.1:8009", f"127.0.0.1:{self._forms}")
        for (name, port), own in self._ports.items():
            if name == server:
                text = text.replace(f"$server_port = {port})", f"$server_port = {own})")
        tollgate = self.places["tollgate"]
        text = text.replace('{ "127.0.0.1:8001" }', f'{{ "127.0.0.1:{tollgate}" }}')
        text = text.replace("/etc/nginx/", f"{self.folder}/")
        for name, port in UPSTREAMS.items():
            text = re.sub(
                rf"(upstream {name} +\{{ server 127.0.0.1):{port};",
                rf"\1:{self.places[name]};",
                text,
            )
        live = "/etc/letsencrypt/live/example.com"
        text = text.replace(f"{live}/fullchain.pem", str(self.certificate))
        text = text.replace(f"{live}/privkey.pem", str(self.key))
        return text.replace("/var/log/nginx/", f"{self.folder}/")


class Remembering(Nginx):
    """The same, with the files that let it remember decisions."""

    needs = MODULES
    remembers_seconds = 0.7

    def configure(self):
        super().configure()
        lua = self.folder / "tollgate" / "remembered.lua"
        text = lua.read_text()
        # Small, so that a test fills chunks, and what waits in shared memory.
        small = "CHUNK_LINES, MOST_CHUNKS = 6, 4"
        lua.write_text(text.replace("CHUNK_LINES, MOST_CHUNKS = 300, 256", small))
        assert small in lua.read_text()
