"""The real nginx with the project's configuration, on ports of a test's own."""

import os
import re
import shutil
import ssl
import subprocess
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.installation import PROJECT, free_port

DEPLOY = PROJECT / "deploy" / "nginx"
MAIN = """\
{user}
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
# Where the configuration expects stores, and what tests call those places.
UPSTREAMS = {
    "tollgate": 8000,
    "loki": 3100,
    "mimir": 9009,
    "tempo": 3200,
    "tempo_otlp": 4318,
    "victoriametrics": 8428,
    "victorialogs": 9428,
    "opensearch": 9200,
    "grafana": 3000,
}


class Nginx:
    def __init__(self, folder, credential, **upstreams):
        """`upstreams` are ports by the names of UPSTREAMS; nobody is at the others."""
        self.folder = folder
        self.certificate = folder / "certificate.pem"
        self._upstreams = dict.fromkeys(UPSTREAMS, 9) | upstreams
        self._ports = {}
        folder.mkdir()
        self._copy()
        self.set_credential(credential)
        write_certificate(self.certificate, folder / "key.pem")

    def address(self, server, port=443):
        """Return where a server of the configuration listens instead of on a port."""
        return f"https://127.0.0.1:{self._ports[server, port]}"

    def client(self, server, port=443, **options):
        trusting = ssl.create_default_context(cafile=self.certificate)
        return httpx.Client(
            base_url=self.address(server, port), verify=trusting, timeout=20, **options
        )

    @contextmanager
    def running(self):
        command = [shutil.which("nginx"), "-e", "stderr", "-p", self.folder]
        command += ["-c", self.folder / "nginx.conf"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                self._wait(process)
                yield self
            finally:
                process.terminate()

    def reload(self):
        """Read the configuration again, and wait until old workers are gone."""
        pid = int((self.folder / "nginx.pid").read_text())
        subprocess.run(["kill", "-HUP", str(pid)], check=True)  # noqa: S607 -- part of every system
        time.sleep(0.5)

    def set_credential(self, credential):
        path = self.folder / "tollgate" / "credential.conf"
        path.write_text(f"proxy_set_header X-Tollgate-Gateway {credential};\n")

    def logs(self):
        return "".join(path.read_text() for path in self.folder.glob("*.log"))

    def _wait(self, process):
        for _ in range(100):
            assert process.poll() is None, (self.folder / "error.log").read_text()
            if (self.folder / "nginx.pid").exists():
                return
            time.sleep(0.05)
        raise TimeoutError

    def _copy(self):
        shutil.copytree(DEPLOY, self.folder, dirs_exist_ok=True)
        (self.folder / "temporary").mkdir()
        user = "user root;" if os.geteuid() == 0 else ""
        main = MAIN.format(folder=self.folder, user=user)
        (self.folder / "nginx.conf").write_text(main)
        for path in self.folder.rglob("*.conf"):
            path.write_text(self._moved(path.read_text(), path.stem))

    def _moved(self, text, server):
        """Point a file to places of the test; everything else stays as it is."""

        def listen(match):
            port = self._ports.setdefault((server, int(match[1])), free_port())
            return f"listen 127.0.0.1:{port}{match[2]};"

        text = re.sub(r"listen \[::\]:\d+[^;]*;", "", text)
        text = re.sub(r"listen (\d+)([^;]*);", listen, text)
        for (name, port), own in self._ports.items():
            if name == server:
                text = text.replace(f"$server_port = {port})", f"$server_port = {own})")
        for name, port in UPSTREAMS.items():
            text = re.sub(
                rf"(upstream {name} +\{{ server 127.0.0.1):{port};",
                rf"\1:{self._upstreams[name]};",
                text,
            )
        live = "/etc/letsencrypt/live/example.com"
        text = text.replace(f"{live}/fullchain.pem", str(self.certificate))
        text = text.replace(f"{live}/privkey.pem", f"{self.folder}/key.pem")
        return text.replace("/var/log/nginx/", f"{self.folder}/")


def write_certificate(path, key_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tollgate's tests")])
    now = datetime.now(UTC)
    names = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]
    builder = x509.CertificateBuilder(name, name, key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1))
    builder = builder.not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
    signed = builder.sign(key, hashes.SHA256())
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
