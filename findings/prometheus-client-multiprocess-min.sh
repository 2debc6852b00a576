#!/usr/bin/env bash
# prometheus_client 0.26.0 for Python, several processes (PROMETHEUS_MULTIPROC_DIR).
# One would guess: a gauge that says the least over all workers ("min", "livemin") is made
# from the workers that have set it.
# Instead: one without labels takes part with 0 from the import on, in each worker that has
# not set it yet. The same gauge with a label does not.
# For a gateway: a time of the last success, or what is left of a pool, reads 0 after each
# restart of a worker, and the alarm rings. Set it where it is made, or give it a label.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check prometheus_client==0.26.0
mkdir values
export PROMETHEUS_MULTIPROC_DIR=values

cat > worker.py <<'PYTHON'
import sys

from prometheus_client import Gauge

free = Gauge("free_connections", "without labels", multiprocess_mode="min")
free_by_pool = Gauge("free_connections_by_pool", "labelled", ["pool"], multiprocess_mode="min")
if sys.argv[1] == "sets":
    free.set(7)
    free_by_pool.labels("main").set(7)
PYTHON
cat > report.py <<'PYTHON'
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

registry = CollectorRegistry()
MultiProcessCollector(registry)
for family in sorted(registry.collect(), key=lambda family: family.name):
    for sample in family.samples:
        print(sample.name, sample.labels, sample.value)
PYTHON

venv/bin/pip freeze | grep prometheus
venv/bin/python worker.py sets
echo "One worker has set both to 7:"
venv/bin/python report.py
venv/bin/python worker.py "only imports"
echo "Another worker has started, and has set neither:"
venv/bin/python report.py | tee seen
diff - seen <<'SEEN' || { echo "The gauge that was not set does not count as 0 now." >&2; exit 1; }
free_connections {} 0.0
free_connections_by_pool {'pool': 'main'} 7.0
SEEN
