import json
import os
import sys

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.core.management.base import BaseCommand, CommandError, SystemCheckError
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.executor import MigrationExecutor

from accounts.argument_types import whole
from accounts.console import CONFIGURATION_ERROR, database_in_a_sentence
from accounts.crypto.checks import note_keys_in_use

PROMISE = (
    "Gateways: a change of a token holds within a second in every worker; without the "
    "database what is known holds for {} s. They ask at http://{}:{}/gateway/verify/."
)
# The kernel waits for no longer than 24 days at once.
MOST_DRAIN_SECONDS = 86_400


class Command(BaseCommand):
    help = "Check the installation and its keys, then serve the portal until stopped."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument(
            "--port", type=whole(1, settings.MOST_PORT), default=settings.PORT
        )
        parser.add_argument(
            "--workers",
            type=whole(1, settings.MOST_PROCESSES),
            default=settings.WORKERS,
        )
        parser.add_argument(
            "--threads",
            type=whole(1, settings.MOST_PROCESSES),
            default=settings.THREADS,
        )
        parser.add_argument(
            "--gateway-port",
            type=whole(1, settings.MOST_PORT),
            default=settings.GATEWAY_PORT,
        )
        parser.add_argument(
            "--drain-seconds",
            type=whole(0, MOST_DRAIN_SECONDS),
            default=settings.DRAIN_SECONDS,
        )
        parser.add_argument("--say", default="", help="what to say before it is ready")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="check, print where it would listen as JSON, and end",
        )

    def handle(self, *args, **options):
        with database_in_a_sentence():
            self.require_migrated()
            self.require_sound()
            require_collected()
            note_keys_in_use()
        connection.close()
        listeners = json.dumps(
            [portal(options), *gates(options["gateway_port"]), *metrics()]
        )
        if options["dry_run"]:
            self.stdout.write(listeners)
            return
        self.introduce(options)
        program = sys.executable, "-m", "config.server", listeners
        seconds = str(options["drain_seconds"])
        os.execv(sys.executable, [*program, seconds, *to_update()])  # noqa: S606 -- our own, no shell

    def introduce(self, options):
        host, port = settings.GATEWAY_HOST, options["gateway_port"]
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(PROMISE.format(settings.GATEWAY_GRACE_SECONDS, shown, port))
        self.stdout.write(options["say"], ending="")
        self.stdout.flush()

    def require_migrated(self):
        executor = MigrationExecutor(connection)
        if newer := newest_unknown(executor.loader):
            raise CommandError(
                f"A newer Tollgate has migrated the database ({newer}): run that one, "
                "or restore the backup from before."
            )
        if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError(
                f"The database lacks migrations ({len(plan)}): run `manage.py migrate`."
            )

    def require_sound(self):
        try:
            self.check(databases=[DEFAULT_DB_ALIAS])
        except SystemCheckError as error:
            raise CommandError(str(error), returncode=CONFIGURATION_ERROR) from error


def require_collected():
    """Raise CommandError where every page would ask for a style sheet that is not there."""
    # The storage itself fails where its folder is a file, or closed to this user.
    manifest = f"{settings.STATIC_ROOT}/{ManifestFilesMixin.manifest_name}"
    if not os.access(manifest, os.R_OK):
        raise CommandError(
            f"{settings.STATIC_ROOT} has no static files: run `manage.py collectstatic`."
        )


def to_update():
    """Return what the server runs when SIGHUP tells it that there is another version.

    Nothing where that signal would say that the terminal has gone.
    """
    if sys.argv[1:2] != ["serve"] or sys.stdin.isatty():
        return []
    return [*sys.argv, "--dry-run"]


def newest_unknown(loader):
    """Return the last migration of the database that comes after all of this code's, or "".

    Those from before which were squashed meanwhile are unknown, too, and no newer.
    """
    known = dict(sorted(loader.disk_migrations))
    newer = (
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if app in known and name > known[app]
    )
    return max(newer, default="")


def portal(options):
    where = ("host", "port", "workers", "threads")
    return {name: options[name] for name in where} | {
        "application": "config.wsgi:application",
        "takes_bodies": True,
    }


def gates(port):
    """Yield where gateways ask: at a port with a credential, at a socket without one."""
    size = {"workers": settings.GATEWAY_WORKERS, "threads": settings.GATEWAY_THREADS}
    host = settings.GATEWAY_HOST
    yield size | {
        "application": "config.gateway:application",
        "host": host,
        "port": port,
    }
    if settings.GATEWAY_SOCKET:
        yield size | {
            "application": "config.gateway:trusting",
            "socket": settings.GATEWAY_SOCKET,
        }


def metrics():
    """Yield where Prometheus asks, if anywhere: one process, since it speaks for all."""
    program = {"application": "config.metrics:application", "workers": 1, "threads": 1}
    if settings.METRICS_PORT:
        host = settings.METRICS_HOST
        yield program | {"host": host, "port": settings.METRICS_PORT}
    if settings.METRICS_SOCKET:
        yield program | {"socket": settings.METRICS_SOCKET}
