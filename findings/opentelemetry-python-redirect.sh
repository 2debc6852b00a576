#!/usr/bin/env bash
# OpenTelemetry Python 1.45.2, OTLP over HTTP (opentelemetry-exporter-otlp-proto-http).
# One would guess: a redirect is followed, as the HTTP library beneath does by itself, or it is
# a failure.
# Instead: it is not followed and counts as success, 308 as well as 301. The batch arrives
# nowhere, and nobody is told: the result is SUCCESS and the log is empty.
# For a gateway: never redirect where data are taken, not even from http to https or for a
# slash at the end. An error would have shown up; this looks like a quiet day.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    opentelemetry-sdk==1.45.2 opentelemetry-exporter-otlp-proto-http==1.45.2
venv/bin/python - <<'PYTHON'
import http.server, importlib.metadata, logging, sys, threading

from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

requests, complaints = [], []

class Listener(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        requests.append(f"{self.command} {self.path}")
        self.send_response(200 if self.path == "/good" else int(self.path[1:]))
        self.send_header("Location", "/good")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass

class Complaints(logging.Handler):
    def emit(self, record):
        complaints.append(record.getMessage())

logging.getLogger("opentelemetry").addHandler(Complaints())
listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=listener.serve_forever, daemon=True).start()

memory, provider = InMemoryLogRecordExporter(), LoggerProvider()
provider.add_log_record_processor(SimpleLogRecordProcessor(memory))
provider.get_logger("example").emit(LogRecord(body="an event"))
batch = memory.get_finished_logs()

print("opentelemetry-exporter-otlp-proto-http",
      importlib.metadata.version("opentelemetry-exporter-otlp-proto-http"))
seen = {}
for status in (301, 308, 400):
    exporter = OTLPLogExporter(f"http://127.0.0.1:{listener.server_port}/{status}")
    seen[status] = exporter.export(batch).name
    print(f"{status}: {seen[status]}, requests {requests}, logged {complaints}")
    if requests != [f"POST /{status}"] or (status < 400 and complaints):
        sys.exit("The exporter follows a redirect now, or says that it was redirected.")
    requests.clear()
if seen != {301: "SUCCESS", 308: "SUCCESS", 400: "FAILURE"}:
    sys.exit("The exporter takes a redirect for a failure now.")
PYTHON
