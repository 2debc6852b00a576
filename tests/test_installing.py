"""docs/operating.md as somebody follows it who has a bare Debian, in a folder for a root.

What stands there is run in its order, word for word, with the folder in front of paths.
What needs a machine of its own (packages, users, PostgreSQL, systemd) is noted down by
programs of these names; the unit's lines are run as systemd would.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.gateway.proxies import programs
from tests.gateway.receivers import certify
from tests.installation import PROJECT, free_port, free_ports, outer_environment
from tests.waiting import PATIENCE_SECONDS, wait_until

GUIDE = (PROJECT / "docs" / "operating.md").read_text()
SECTIONS = "## How do I install it?", "### Who makes the first people and tokens?"
BLOCK = re.compile(r"(?:^    .+\n)+|^```nginx\n(?s:.+?)^```$", re.MULTILINE)
SETTING = re.compile(r"    [A-Z_]+=")
NGINX_FILE = re.compile(r"write\s+`(/etc/nginx/\S+)`")
PATHS = re.compile(r"(?<![\w./~-])/(?=(?:opt|etc|var|run)/)")
NAME, PERSON, PASSWORD = (
    "tollgate.example.com",
    "staff@example.com",
    "first-person-7351",
)
NOTED = "apt-get", "useradd", "createuser", "createdb", "systemctl"
NOTE = '#!/bin/sh\necho "${0##*/} $*" >> "$CALLS"\n'
SUDO = '#!/bin/sh\n[ "$1" = -u ] && shift 2\nexec "$@"\n'
# There is no such group.
INSTALL = "#!/bin/sh\nexec /usr/bin/install $(echo \"$*\" | sed 's/-g tollgate//')\n"
# A copy of what is here, committed or not; and packages that were installed already.
GIT = """#!/bin/sh
mkdir -p "$3/.venv"
tar -C {project} --exclude=./.git --exclude=./.venv --exclude=./.pytest_cache \\
    --exclude=./.env --exclude=./.static --exclude=./benchmarks/results \\
    --exclude='*.sqlite3*' -cf - . | tar -C "$3" -xf -
for each in {venv}/*; do ln -s "$each" "$3/.venv/"; done
rm -f "$3"/.venv/*.stamp
touch "$3/.venv/run.stamp"
"""
NGINX = '#!/bin/sh\nexec {nginx} -c {conf} -p {folder} "$@"\n'
NGINX_CONF = """
pid {folder}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include conf.d/*.conf;
}}
"""

pytestmark = [pytest.mark.programs, pytest.mark.sqlite]


def section(heading):
    level = heading.split()[0]
    text = GUIDE.partition(f"{heading}\n")[2]
    return re.split(
        rf"^#{{2,{len(level) + 1}}} ", text, maxsplit=1, flags=re.MULTILINE
    )[0]


class Debian:
    """A folder that stands for a root, and somebody who types what the guide says."""

    def __init__(self, folder):
        self.root, self.folder = folder, folder / "opt/tollgate"
        self.port, self.gateway_port = free_ports()
        self.tls_port, self.plain_port = free_port(), free_port()
        self.calls = folder / "calls"
        self.database = folder / "var/lib/tollgate/db.sqlite3"
        self.nginx = folder / "etc/nginx"
        for name in ("etc/nginx/conf.d", "etc/systemd/system", "var/log/nginx", "root"):
            (folder / name).mkdir(parents=True)
        # Of StateDirectory and RuntimeDirectory.
        for name in ("var/lib/tollgate", "run/tollgate"):
            (folder / name).mkdir(parents=True, mode=0o700)
        conf = self.nginx / "nginx.conf"
        conf.write_text(NGINX_CONF.format(folder=self.nginx))
        nginx = NGINX.format(nginx=programs.find("nginx"), conf=conf, folder=self.nginx)
        git = GIT.format(project=PROJECT, venv=sys.prefix)
        self._programs(sudo=SUDO, install=INSTALL, git=git, nginx=nginx)
        self._programs(**dict.fromkeys(NOTED, NOTE))
        self.prefix = ""

    def _programs(self, **scripts):
        (self.root / "bin").mkdir(exist_ok=True)
        for name, text in scripts.items():
            path = self.root / "bin" / name
            path.write_text(text)
            path.chmod(0o755)

    def rooted(self, text):
        return PATHS.sub(f"{self.root}/", text)

    @property
    def environment(self):
        return outer_environment() | {
            "PATH": f"{self.root}/bin:{os.environ['PATH']}",
            "HOME": f"{self.root}/root",
            "CALLS": str(self.calls),
        }

    def type(self, block, typed=""):
        """Run the lines of a block, which have to succeed; returns what they said."""
        lines = re.sub("^    ", "", block, flags=re.MULTILINE)
        # From here on, manage.py stands for this.
        if found := re.search(r"^sudo .+(?=manage\.py)", lines, re.MULTILINE):
            self.prefix = found[0]
        lines = re.sub(r"^manage\.py", f"{self.prefix}manage.py", lines, flags=re.M)
        there = self.folder if self.folder.exists() else self.root
        return self._run(["sh", "-e", "-c", self.rooted(lines)], there, typed)

    def _run(self, command, folder, typed="", **variables):
        done = subprocess.run(
            command,
            cwd=folder,
            env=self.environment | variables,
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout

    def set(self, block):
        """Add settings, with places that are free here and no server for a database."""
        settings = self.rooted(re.sub("^    ", "", block, flags=re.MULTILINE))
        database = f"DATABASE_URL=sqlite:///{self.database}"
        settings = re.sub("DATABASE_URL=.+", database, settings)
        with (self.root / "etc/tollgate/env").open("a") as file:
            file.write(
                f"{settings}PORT={self.port}\nGATEWAY_PORT={self.gateway_port}\n"
            )
            file.write("WORKERS=1\nDRAIN_SECONDS=0\n")

    def configure_nginx(self, block, path):
        """Do what the guide leaves to its reader: certificate, ports, addresses."""
        content = block.removeprefix("```nginx\n").removesuffix("```")
        Path(self.rooted(path)).write_text(content)
        certificate = certify(self.root)
        for file in (self.nginx / "tollgate").glob("*.conf"):
            text = re.sub(r".*listen \[::\]:.*\n", "", self.rooted(file.read_text()))
            text = re.sub(r"(ssl_certificate\w*) \S+;", rf"\1 {certificate};", text)
            for before, after in (
                ("listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
                ("listen 443 ", f"listen 127.0.0.1:{self.tls_port} "),
                (":8000;", f":{self.port};"),
                (":8001;", f":{self.gateway_port};"),
            ):
                text = text.replace(before, after)
            file.write_text(text)

    @contextmanager
    def started(self):
        """Do what systemd does with the unit, and have nginx in front."""
        unit = (self.root / "etc/systemd/system/tollgate.service").read_text()
        said = re.findall(r"^(\w+)=(.*)$", self.rooted(unit), re.MULTILINE)
        variables = dict(
            pair.split("=", 1)
            for name, value in said
            if name == "Environment"
            for pair in value.split()
        )
        folder = dict(said)["WorkingDirectory"]
        for name, line in said:
            if name == "ExecStartPre":
                self._run(shlex.split(line), folder, **variables)
        command = shlex.split(dict(said)["ExecStart"])
        environment = self.environment | variables
        log = self.root / "log"
        front = [str(self.root / "bin/nginx"), "-g", "daemon off;"]
        with (
            log.open("w") as file,
            subprocess.Popen(
                command, cwd=folder, env=environment, stdout=file, stderr=file
            ) as process,
            programs.running(front, [self.tls_port], self.root / "nginx.log"),
        ):
            try:
                wait_until(lambda: self._answers(process, log))
                yield
            finally:
                process.terminate()

    def _answers(self, process, log):
        assert process.poll() is None, log.read_text()
        with self.browser() as browser:
            return browser.get("/readyz").status_code == 200

    def browser(self):
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.tls_port}",
            headers={"Host": NAME, "Referer": f"https://{NAME}/"},
            verify=False,  # noqa: S501 -- a certificate of this test's own
            timeout=PATIENCE_SECONDS,
        )


@pytest.fixture
def debian(tmp_path, migrated):
    for program in ("nginx", "make", "tar"):
        programs.require(program)
    debian = Debian(tmp_path)
    # What `migrate` does first takes longest, and is the same everywhere.
    shutil.copy(migrated.database, debian.database)
    return debian


def test_the_guide_leads_from_a_bare_debian_to_a_first_person_and_token(debian):
    install, first = map(section, SECTIONS)
    with ExitStack() as stack:
        for match in BLOCK.finditer(install):
            block, before = match[0], install[: match.start()]
            if SETTING.match(block):
                debian.set(block)
            elif block.startswith("```"):
                debian.configure_nginx(block, NGINX_FILE.findall(before)[-1])
            else:
                said = debian.type(block)
            if "systemctl enable" in block:
                stack.enter_context(debian.started())
        # The last block looks at the deployment.
        assert said == "System check identified no issues (0 silenced).\n"
        assert_noted(debian.calls.read_text())
        [people] = BLOCK.findall(first)
        debian.type(people, typed=f"{PASSWORD}\n")
        assert signs_in(debian)
        assert asks(debian) == 401


def assert_noted(calls):
    for line in (
        "useradd --system --home-dir /opt/tollgate tollgate",
        "createdb --owner tollgate tollgate",
        "systemctl enable --now tollgate tollgate-purge.timer",
    ):
        assert re.search(line.replace("/opt", r"\S*/opt"), calls), calls


def signs_in(debian):
    """Whether the first person gets in, through nginx."""
    with debian.browser() as browser:
        page = browser.get("/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        form = {"login": PERSON, "password": PASSWORD, "csrfmiddlewaretoken": token}
        return browser.post("/login/", data=form).status_code == 302


def asks(debian):
    """Return what the gate says of no token to who shows the gateway token that was made."""
    token = (debian.root / "root/gateway.token").read_text().strip()
    address = f"http://127.0.0.1:{debian.gateway_port}/gateway/verify/logs"
    headers = {"X-Tollgate-Gateway": token}
    return httpx.get(address, headers=headers, timeout=PATIENCE_SECONDS).status_code
