"""Where secrets go: files that only their owner reads, a manifest, a program's input."""

import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import click
import yaml

from client.declaring.problems import Problem, Unusable
from client.failures import Refused

UNFIT = re.compile(r"[^A-Za-z0-9]+")
# What callers are known by has no business in other programs.
KEPT = ("TOLLGATE_TOKEN",)
SECONDS = 60


class Outlets:
    """The way out that was asked for; without one no secret leaves."""

    def __init__(self, *, directory=None, manifest=None, command=()):
        self.directory = Path(directory) if directory else None
        self.manifest, self.command = manifest, command
        self.contents = {}

    @property
    def is_any(self):
        return bool(self.directory or self.manifest or self.command)

    def takes(self, token):
        return self.is_any or bool(_said(token).get("command"))

    def check(self, tokens):
        """Raise Unusable for what would fail once a secret is there."""
        problems = [*self._programs(tokens), *self._names(tokens), *self._folder()]
        if problems:
            raise Unusable([Problem(0, "", each) for each in problems], "secrets")

    def _programs(self, tokens):
        programs = {
            _said(token)["command"][0]
            for token in tokens
            if _said(token).get("command")
        }
        for program in sorted(programs | {*self.command[:1]}):
            if shutil.which(program) is None:
                yield f"There is no program {program}."

    def _names(self, tokens):
        seen = {}
        for token in tokens if self.directory or self.manifest else ():
            name = name_of(token)
            if not name:
                yield f"{token.label} needs a secret: {{name: …}} for its file."
            elif name.lower() in seen:
                other = seen[name.lower()]
                yield f"{token.label} and {other.label} would both be {name}: say a secret: {{name: …}}."
            seen[name.lower()] = token

    def _folder(self):
        if self.directory is None or not self.directory.exists():
            return
        if not self.directory.is_dir():
            yield f"{self.directory} is no folder."
        elif stat.S_IMODE(self.directory.stat().st_mode) & 0o077:
            yield f"Others may look into {self.directory}: chmod 700 it first."

    def open(self):
        """Make the folder before anything is changed."""
        if self.directory:
            try:
                self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise Refused(f"{self.directory}: {error.strerror}.") from None

    def hand_out(self, token, secret):
        """Give a secret to whoever it was asked for; the text has no line end."""
        if self.directory:
            write(self.directory / name_of(token), secret)
        if self.manifest:
            self.contents[name_of(token)] = secret
        for command in filter(None, (_said(token).get("command"), self.command)):
            _pipe(command, token, secret)

    def finish(self, *, name, namespace):
        """Write the manifest, of which standard output is one place."""
        if not self.manifest:
            return
        about = {"name": name} | ({"namespace": namespace} if namespace else {})
        text = yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": about,
                "type": "Opaque",
                "stringData": self.contents,
            },
            sort_keys=False,
        )
        if self.manifest == "-":
            click.echo(text, nl=False)
        else:
            write(Path(self.manifest), text)


def _said(token):
    return token.said.get("secret") or {}


def name_of(token):
    """Return what the file of a token's secret is called, and its key in a manifest."""
    if _said(token).get("name"):
        return _said(token)["name"]
    parts = (token.account.said["name"], token.kind, token.name)
    words = [UNFIT.sub("-", part).strip("-").lower() for part in parts]
    return ".".join(words) if all(words) else ""


def write(path, text):
    """Write a file that only its owner reads, whole or not at all."""
    try:
        _write(path, text)
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from None


def _write(path, text):
    # Made with mode 0600, under a name that nobody reads.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink()
        raise


def _pipe(command, token, secret):
    told = {
        "TOLLGATE_ACCOUNT": token.account.said["name"],
        "TOLLGATE_ACCOUNT_KIND": token.account.said["kind"],
        "TOLLGATE_TOKEN_KIND": token.kind,
        "TOLLGATE_TOKEN_NAME": token.name,
        "TOLLGATE_SECRET_NAME": name_of(token),
    }
    environment = {
        name: value for name, value in os.environ.items() if name not in KEPT
    }
    try:
        subprocess.run(  # noqa: S603 -- a list, and no shell; its owner wrote it
            command,
            input=secret.encode(),
            env=environment | told,
            stdout=subprocess.DEVNULL,
            timeout=SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Refused(f"{command[0]} did not take the secret: {_why(error)}.") from None


def _why(error):
    # Nothing that could quote what it was given.
    if isinstance(error, subprocess.CalledProcessError):
        return f"it ended with {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it takes longer than {SECONDS} seconds"
    return error.strerror
