#!/usr/bin/env bash
# OpenTelemetry Python 1.45.2, OTLP over HTTP (opentelemetry-exporter-otlp-proto-http).
# One would guess: a Retry-After with a 503 helps a client: it waits for that long, or at most
# for as long as it may.
# Instead: when the time that is asked for does not fit into what is left of the ten seconds
# of an export, the batch is dropped at once, after one try. The same 503 without the header
# is tried again and again for those ten seconds.
# For a gateway: ask for a second or two, or for nothing. "Retry-After: 10" while a store
# restarts loses what silence would have saved.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    opentelemetry-sdk==1.45.2 opentelemetry-exporter-otlp-proto-http==1.45.2
venv/bin/python - <<'PYTHON'
import http.server, importlib.metadata, sys, threading

from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

tries = {}

class Restarting(http.server.BaseHTTPRequestHandler):
    """A store that is back at the second try."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        tries[self.path] = tries.get(self.path, 0) + 1
        self.send_response(503 if tries[self.path] == 1 else 200)
        if tries[self.path] == 1 and self.path != "/none":
            self.send_header("Retry-After", self.path[1:])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass

listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Restarting)
threading.Thread(target=listener.serve_forever, daemon=True).start()

memory, provider = InMemoryLogRecordExporter(), LoggerProvider()
provider.add_log_record_processor(SimpleLogRecordProcessor(memory))
provider.get_logger("example").emit(LogRecord(body="an event"))
batch = memory.get_finished_logs()

print("opentelemetry-exporter-otlp-proto-http",
      importlib.metadata.version("opentelemetry-exporter-otlp-proto-http"))
seen = {}
for wait in ("none", "2", "10"):
    exporter = OTLPLogExporter(f"http://127.0.0.1:{listener.server_port}/{wait}")
    seen[wait] = exporter.export(batch).name, tries["/" + wait]
    print(f"503, Retry-After {wait}: {seen[wait][0]} after {seen[wait][1]} tries")
if seen != {"none": ("SUCCESS", 2), "2": ("SUCCESS", 2), "10": ("FAILURE", 1)}:
    sys.exit("The exporter takes Retry-After in another way now.")
PYTHON
