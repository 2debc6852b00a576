"""Where anchors are written to: files, syslogs, and programs of the operator's."""

import fcntl
import logging
import os
import secrets
import subprocess
from logging.handlers import SYSLOG_UDP_PORT, SysLogHandler
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from accounts.audit.anchors import NoAnchorError, heads, read

OWNER_ONLY = 0o600
# Of a file that is there already, so much is read to know what need not be written again.
TAIL = 1 << 20
PROGRAM = "program:"
PROGRAM_SECONDS = 60
# Of what it says when it fails.
SHOWN = 200
# What a program of the operator's is told of this process's environment: where things
# are, and whose credentials it may use. Our keys and the database's password are there, too.
HANDED_ON = ("PATH", "HOME", "LANG", "TZ", "SSL_CERT_FILE", "HTTPS_PROXY", "NO_PROXY")
HANDED_ON_AS = ("AWS_", "AZURE_", "GOOGLE_", "MC_", "RCLONE_")

logger = logging.getLogger(__name__)


def targets():
    """Return what `AUDIT_ANCHORS` names."""
    return [_target(place) for place in settings.AUDIT_ANCHORS]


def _target(place):
    if place.startswith(PROGRAM):
        return Program(place.removeprefix(PROGRAM))
    return Syslog(place) if place.startswith("syslog:") else File(place)


class Target:
    """Somewhere to write anchors, which knows the last one there of each chain."""

    def __init__(self):
        self._known = {}

    def _fresh(self, anchors):
        """Return those that are not there; tells the log of chains that went back."""
        fresh = []
        for each in anchors:
            last = self._known.get(each.chain)
            if not each.says_as(last):
                fresh.append(each)
                _warn_if_set_back(each, last)
        return fresh

    def _note(self, anchors):
        self._known |= {each.chain: each for each in anchors}


class File(Target):
    """A file that anchors are appended to, by any number of processes."""

    def __init__(self, path):
        super().__init__()
        self._path, self._file, self._read_to = path, None, 0

    def write(self, anchors):
        """Append those that are not there; raises OSError."""
        with open(self._path, "a+b", opener=_open) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._learn(file)
            fresh = self._fresh(anchors)
            file.write("".join(f"{each.line}\n" for each in fresh).encode())
            file.flush()
            os.fsync(file.fileno())
            self._note(fresh)
            self._read_to = file.tell()

    def _learn(self, file):
        """Read what others appended, or what was last in a file that is new to us."""
        status = os.stat(file.fileno())
        if self._file != (status.st_dev, status.st_ino):
            self._known, self._file = {}, (status.st_dev, status.st_ino)
            self._read_to = max(0, status.st_size - TAIL)
        file.seek(self._read_to)
        self._note(filter(None, map(_sound, file)))
        file.seek(0, os.SEEK_END)


class Syslog(Target):
    """A syslog, on this machine by its socket or elsewhere over UDP."""

    def __init__(self, place):
        super().__init__()
        parts = urlsplit(place)
        self._address = parts.path
        if parts.hostname:
            self._address = parts.hostname, parts.port or SYSLOG_UDP_PORT

    def write(self, anchors):
        """Send those that this process has not sent; raises OSError."""
        if not (fresh := self._fresh(anchors)):
            return
        sender = SyslogSender(self._address, facility=SysLogHandler.LOG_AUTHPRIV)
        try:
            for each in fresh:
                record = logging.makeLogRecord({"msg": each.line, "levelname": "INFO"})
                sender.emit(record)
                self._note([each])
        finally:
            sender.close()


class Program(Target):
    """A program of the operator's, which takes new lines on to an object store.

    It gets them on its standard input, and as its argument a name that no other lines have.
    """

    def __init__(self, path):
        super().__init__()
        self._path = path

    def write(self, anchors):
        """Hand over those that this process has not; raises OSError when it fails."""
        if not (fresh := self._fresh(anchors)):
            return
        self._run("".join(f"{each.line}\n" for each in fresh))
        self._note(fresh)

    def _run(self, lines):
        name = f"{timezone.now():%Y-%m-%dT%H-%M-%SZ}-{secrets.token_hex(4)}.log"
        try:
            done = subprocess.run(  # noqa: S603 -- the operator's program, and no shell
                [self._path, name],
                input=lines.encode(),
                env=_handed_on(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=PROGRAM_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            message = f"{self._path} took more than {PROGRAM_SECONDS} seconds"
            raise TimeoutError(message) from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()[-SHOWN:]
            raise OSError(f"{self._path} ended with {done.returncode}: {said}")


def _handed_on():
    return {
        name: value
        for name, value in os.environ.items()
        if name in HANDED_ON or name.startswith(HANDED_ON_AS)
    }


class SyslogSender(SysLogHandler):
    ident = "tollgate: "
    append_nul = False

    def handleError(self, record):  # noqa: N802 -- its name there
        # Called where the error is handled.
        raise


def _open(path, flags):
    return os.open(path, flags, OWNER_ONLY)


def _sound(line):
    try:
        return read(line.decode(errors="replace"))
    except NoAnchorError:
        return None


def _warn_if_set_back(anchor, last):
    if last and anchor.sequence < last.sequence:
        logger.error(
            "%s went back from event %s to %s: it was restored, or tampered with. "
            "`manage.py verify_audit` says more.",
            *(anchor.subject.capitalize(), last.sequence, anchor.sequence),
        )


class Anchoring:
    """Writes down the heads that are new; what cannot be written is written the next time."""

    def __init__(self):
        self._targets = None
        self._failed = set()

    def carry_on(self):
        if self._targets is None:
            self._targets = targets()
        if not self._targets:
            return
        anchors = heads()
        for target in self._targets:
            self._write(target, anchors)

    def _write(self, target, anchors):
        try:
            target.write(anchors)
        except OSError as error:
            if target not in self._failed:
                logger.warning("The audit trail's anchors cannot be written: %s", error)
            self._failed.add(target)
        else:
            self._failed.discard(target)
