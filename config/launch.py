"""Start Tollgate on this machine, from nothing if need be: `make run` ends here."""

import hashlib
import os
import sys
from io import StringIO
from pathlib import Path

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection

from config.preflight import CannotStartError, look_around

FOLDER = Path(__file__).resolve().parent.parent
MARK = "sources.sha256"


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        if look_around(FOLDER):
            sys.stdout.write(
                "Wrote .env with fresh keys: keep it.\n"
                "Making a database, and a demo with a past of two years…\n"
            )
            sys.stdout.flush()
        prepare()
    except CannotStartError as reason:
        sys.exit(f"Tollgate cannot start: {reason}")
    try:
        call_command("serve", say=first_steps(), drain_seconds=0)
    except CommandError as error:
        sys.stderr.write(f"Tollgate cannot start: {error}\n")
        sys.exit(error.returncode)


def prepare():
    """Bring static files, database and demo up to date; nothing to do costs nothing."""
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise CannotStartError(str(error)) from error
    require_database()
    collect_static()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    if settings.DEMO:
        call_command("demo")
        call_command("demo", logins=True)


def first_steps():
    """Return what a newcomer may do first; the end of a long list is what is read."""
    words = StringIO()
    if settings.DEMO:
        call_command("demo", first=True, stdout=words)
    return words.getvalue()


def require_database():
    # Past Django's pool, which tries for seconds and keeps the reason to itself.
    try:
        connection.Database.connect(**connection.get_connection_params()).close()
    except connection.Database.Error as error:
        reason = str(error).splitlines()[0]
        raise CannotStartError(f"The database does not answer: {reason}") from error


def collect_static():
    """Collect static files unless those collected came from the same sources."""
    if not is_collected(settings.STATIC_ROOT):
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        (settings.STATIC_ROOT / MARK).write_text(sources())


def is_collected(folder):
    mark = folder / MARK
    return mark.exists() and mark.read_text() == sources()


def sources():
    return fingerprint(FOLDER / "static", FOLDER / "requirements.txt")


def fingerprint(folder, requirements):
    """Return a digest of our static files and of the packages that bring others."""
    digest = hashlib.sha256(requirements.read_bytes())
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
