"""Snippets at work: the real clients, where the registries have them, and the demo's listener.

Of the others the address and the credential that their snippet names are tried.
"""

import os
import shlex
import subprocess
import sys
from base64 import b64encode
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

from tests.gateway.proxies import programs
from tests.gateway.proxies.operator import Operator
from tests.installation import Installation
from tests.tokens.snippets import filled
from tests.waiting import PATIENCE_SECONDS, wait_until
from tokens.use_it.addresses import PURPOSES

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
ROLES = ("ADMIN", "USER", "READ_ONLY", "STAFF")
DEMO = {"DEMO": "true"} | {f"DEMO_PASSWORD_{role}": "x" for role in ROLES}
PEOPLE = """
main = MainFactory(name="Main")
cpu = ChildFactory(main=main, kind=AccountKind.METRICS)
tracing = ChildFactory(main=main, kind=AccountKind.TRACING)
said = {
    "logs": secret_of(main.tokens.get(kind="logs")),
    "metrics": secret_of(cpu.tokens.get()),
    "traces": secret_of(tracing.tokens.get()),
    "api": TokenFactory(account=main).secret_text,
}
"""
CALLS = """
from django.db.models import Sum
from tokens.models import TokenUsage
said = TokenUsage.objects.filter(token__kind="{}").aggregate(all=Sum("calls"))["all"] or 0
"""
NODE_PACKAGE = "logzio-nodejs@2.5.0"


class Demo:
    """What `make run` starts, without the demo's people."""

    def __init__(self, tollgate, operator, secrets):
        self.tollgate, self.operator, self._secrets = tollgate, operator, secrets
        self.listener = f"http://127.0.0.1:{tollgate.gateway_port}"

    def calls(self, kind):
        """Return how many uses of the token of a kind are written down."""
        return self.operator.does(CALLS.format(kind))

    def filled(self, file):
        return filled(file, self._secrets[file.partition("/")[0]])


@pytest.fixture(scope="module")
def demo(migrated, tmp_path_factory):
    tollgate = Installation.like(migrated, tmp_path_factory.mktemp("demo"))
    made = tollgate.run("manage.py", "createcachetable")
    assert made.returncode == 0, made.stderr
    with ExitStack() as stack:
        operator = stack.enter_context(Operator.of(tollgate))
        secrets = operator.does(PEOPLE)
        stack.enter_context(tollgate.running("manage.py", "serve", **DEMO))
        yield Demo(tollgate, operator, secrets)


@pytest.fixture(autouse=True)
def _addresses(demo, settings):
    for name in PURPOSES:
        setattr(settings, name, demo.listener)
    settings.API_URL = demo.tollgate.address


@pytest.fixture
def counted(demo):
    """Return a function that waits until one more use is written down, as pages show it."""
    before = {kind: demo.calls(kind) for kind in ("logs", "metrics", "traces")}

    def counted(kind):
        wait_until(lambda: demo.calls(kind) > before[kind])

    return counted


def run(*command, folder=None, **variables):
    """Run a client to its end; returns what it said."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def shell(text, folder=None):
    return run(programs.find("bash"), "-ec", text, folder=folder)


def test_curl_sends_a_first_line_that_is_counted(demo, counted):
    said = shell(f"{demo.filled('logs/curl')} --silent --show-error --fail")

    assert said == "{}"
    counted("logs")


def test_the_python_handler_sends(demo, counted, tmp_path):
    flushed = f"{demo.filled('logs/logzio_python')}\nhandler.flush()\n"

    run(sys.executable, "-c", flushed, folder=tmp_path)

    counted("logs")
    assert not list(tmp_path.iterdir())


def test_the_node_handler_sends(demo, counted, tmp_path):
    npm = programs.find("npm")
    (tmp_path / "package.json").write_text("{}")
    run(npm, "install", "--no-audit", "--no-fund", NODE_PACKAGE, folder=tmp_path)

    run(programs.find("node"), "-e", demo.filled("logs/logzio_node"), folder=tmp_path)

    counted("logs")


SYSLOG_NG = """@version: 3.38
source s_src {{ file("{lines}" follow-freq(0.1) flags(no-parse)); }};
{snippet}
"""


def test_syslog_ng_sends(demo, counted, tmp_path):
    lines, config = tmp_path / "lines.log", tmp_path / "syslog-ng.conf"
    lines.write_text("hello\n")
    snippet = demo.filled("logs/syslog_ng")
    config.write_text(SYSLOG_NG.format(lines=lines, snippet=snippet))
    kept = [f"--persist-file={tmp_path}/p", f"--control={tmp_path}/c"]

    with subprocess.Popen(
        [programs.find("syslog-ng"), "-F", "--no-caps", "-f", config, *kept],
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            counted("logs")
        finally:
            process.terminate()


def test_an_opentelemetry_sdk_sends_traces_by_its_environment(demo, counted):
    program = """
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
provider.get_tracer("test").start_span("hello").end()
"""
    python = shlex.join([sys.executable, "-c", program])

    shell(f"{demo.filled('traces/environment')}\n{python}")

    counted("traces")


def test_promtool_and_prometheus_agree_with_its_snippet(demo, tmp_path):
    config = tmp_path / "prometheus.yml"
    config.write_text(demo.filled("metrics/prometheus"))

    said = run(programs.find("promtool"), "check", "config", config)

    assert "SUCCESS" in said


SCRAPED = """
global: {{scrape_interval: 1s}}
scrape_configs: [{{job_name: own, static_configs: [{{targets: ["{}"]}}]}}]
"""


def vmagent_ends(text):
    """Return a snippet whose vmagent checks its configuration and ends."""
    return f"PATH={os.environ['PATH']}\n{text} -dryRun"


def test_vmagent_takes_its_flags_and_sends(demo, counted, tmp_path):
    (tmp_path / "prometheus.yml").write_text("{}")
    snippet = demo.filled("metrics/vmagent")
    shell(vmagent_ends(snippet), tmp_path)
    itself = urlsplit(demo.tollgate.address).netloc
    (tmp_path / "prometheus.yml").write_text(SCRAPED.format(itself))
    quick = f"-httpListenAddr=127.0.0.1:0 -remoteWrite.tmpDataPath={tmp_path}/queue"
    flushing = "-remoteWrite.flushInterval=200ms -promscrape.config.strictParse=false"

    with subprocess.Popen(
        [programs.find("bash"), "-c", f"exec {snippet} {quick} {flushing}"],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            counted("metrics")
        finally:
            process.terminate()


def test_collectd_and_vmagent_take_what_is_written_for_them(demo, tmp_path):
    shell(vmagent_ends(demo.filled("metrics/collectd")), tmp_path)
    config = tmp_path / "collectd.conf"
    config.write_text(f'Include "{tmp_path}/tollgate-collectd.conf"\n')

    said = run(programs.find("collectd"), "-t", "-C", config)

    assert "rror" not in said
    assert yaml.safe_load((tmp_path / "tollgate-scrape.yml").read_text())


def sent(address, headers):
    """Send something empty to where a snippet says; returns the status."""
    answer = httpx.post(address, headers=headers, content=b"{}", timeout=60)
    return answer.status_code


def fluent_bit(config):
    (output,) = config["pipeline"]["outputs"]
    header = output["header"][0].split(" ")
    scheme = "https" if output["tls"] else "http"
    return f"{scheme}://{output['host']}:{output['port']}{output['uri']}", [header]


def vector(config):
    sink = config["sinks"]["tollgate"]
    return sink["uri"], list(sink["request"]["headers"].items())


def collector(config):
    ((name, exporter),) = config["exporters"].items()
    ((_, pipeline),) = config["service"]["pipelines"].items()
    assert pipeline["exporters"] == [name]
    headers = list(exporter.pop("headers").items())
    ((_, address),) = exporter.items()
    return address, headers


def docker(config):
    address = config["services"]["app"]["logging"]["options"]["loki-url"]
    url = urlsplit(address)
    basic = b64encode(f"{url.username}:{url.password}".encode()).decode()
    place = url.netloc.rpartition("@")[2]
    return f"{url.scheme}://{place}{url.path}", [("Authorization", f"Basic {basic}")]


def prometheus(config):
    (write,) = config["remote_write"]
    credential = write["authorization"]["credentials"]
    return write["url"], [("Authorization", f"Bearer {credential}")]


@pytest.mark.parametrize(
    ("file", "read"),
    [
        ("logs/fluent_bit", fluent_bit),
        ("logs/vector", vector),
        ("logs/collector", collector),
        ("logs/docker", docker),
        ("metrics/prometheus", prometheus),
        ("metrics/collector", collector),
        ("traces/collector", collector),
    ],
)
def test_what_a_client_that_is_not_run_would_send_is_taken(demo, file, read):
    address, headers = read(yaml.safe_load(demo.filled(file)))

    assert sent(address, headers) in (200, 204)
    assert sent(address, [("Authorization", "Bearer x" * 5)]) == 401


@pytest.mark.parametrize("file", ["logs/alloy", "metrics/alloy"])
def test_alloy_names_an_address_that_takes_its_credential(demo, file):
    lines = map(str.split, demo.filled(file).splitlines())
    values = {line[0]: line[2].strip('"') for line in lines if "=" in line}
    bearer = [("Authorization", f"Bearer {values['bearer_token']}")]

    assert sent(values["url"], bearer) == 204


@pytest.mark.parametrize(("file", "name"), [("api/bash", "bash"), ("api/fish", "fish")])
def test_shells_hand_the_token_to_programs(demo, file, name):
    programs.require(name)
    text = demo.filled(file)

    said = run(programs.find(name), "-c", f"{text}\nprintenv LOGZIO_API_TOKEN")

    assert said.strip() == text.replace("=", " ").split()[-1]


def test_curl_asks_the_api(demo):
    assert "Main" in shell(f"{demo.filled('api/curl')} --silent --fail")


def test_the_tollgate_command_lists_accounts(demo):
    folder = shlex.quote(str(Path(sys.executable).parent))

    said = shell(f"PATH={folder}:$PATH\n{demo.filled('api/tollgate')}")

    assert "Main" in said


def test_what_is_wrong_is_told_as_a_gateway_tells_it(demo):
    def ask(method, path, **headers):
        answer = httpx.request(method, demo.listener + path, headers=headers)
        return answer.status_code

    assert ask("GET", "/") == 405
    assert ask("POST", "/nothing") == 404
    assert ask("POST", "/") == 401
    assert ask("POST", "/v1/traces", authorization="Bearer " + "x" * 32) == 401
