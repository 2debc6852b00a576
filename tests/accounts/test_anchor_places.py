"""Places that anchors are written to: a syslog, and a program."""

import socket

import pytest
from django.db import connection

from accounts.audit.anchoring import Anchoring
from accounts.audit.anchors import read
from accounts.audit.trail import record
from accounts.models import Action, AuditChain
from tests.accounts.anchored import BY, said


@pytest.fixture
def chain(main):
    for number in range(4):
        record(Action.LOGIN, by=BY, account=main, target=f"event {number}")
    return AuditChain.objects.get(organisation=main.organisation)


@pytest.fixture
def path(tmp_path, settings):
    path = tmp_path / "anchors.log"
    settings.AUDIT_ANCHORS = [str(path)]
    return path


def test_anchors_that_cannot_be_written_are_a_refusal(chain, path, settings):
    settings.AUDIT_ANCHORS = [f"{path}/none/anchors.log"]

    assert said() == (
        f"Anchors cannot be written: [Errno 2] No such file or directory: "
        f"'{path}/none/anchors.log'."
    )


@pytest.fixture(params=["unix", "inet"])
def syslog(request, tmp_path, settings):
    """What listens as a syslog does."""
    is_unix = request.param == "unix"
    family = socket.AF_UNIX if is_unix else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "log") if is_unix else ("127.0.0.1", 0))
        listening.settimeout(60)
        name = listening.getsockname()
        place = f"syslog:{name}" if is_unix else f"syslog://127.0.0.1:{name[1]}"
        settings.AUDIT_ANCHORS = [place]
        yield listening


def test_a_syslog_is_sent_each_head_once(chain, main, syslog):
    anchoring = Anchoring()
    anchoring.carry_on()
    anchoring.carry_on()
    record(Action.LOGIN, by=BY, account=main)
    anchoring.carry_on()

    first, second = (syslog.recv(2000).decode() for _ in range(2))

    assert first.startswith("<86>tollgate: tollgate-anchor {")
    assert [read(first).sequence, read(second).sequence] == [7, 8]


def test_a_syslog_that_is_away_is_told(chain, tmp_path, settings, caplog):
    settings.AUDIT_ANCHORS = [f"syslog:{tmp_path}/none"]

    Anchoring().carry_on()

    assert "The audit trail's anchors cannot be written: [Errno 2]" in caplog.text


def test_a_syslog_that_takes_no_more_is_told(chain, settings, caplog, monkeypatch):
    settings.AUDIT_ANCHORS = ["syslog://127.0.0.1"]

    def sendto(self, *args):
        raise OSError("no route")

    monkeypatch.setattr("socket.socket.sendto", sendto, raising=False)

    Anchoring().carry_on()

    assert "cannot be written: no route" in caplog.text
    assert connection.is_usable()


@pytest.fixture
def program(tmp_path, settings, monkeypatch):
    """A program that keeps each object that it is given, beside what it was told."""
    folder = tmp_path / "objects"
    folder.mkdir()
    path = tmp_path / "anchor"
    monkeypatch.setenv("AWS_REGION", "eu-central-1")

    def does(line):
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o700)
        settings.AUDIT_ANCHORS = [f"program:{path}"]
        return folder

    does.folder, does.keeps = folder, f'cat > "{folder}/$1" && env > {tmp_path}/told'
    return does


def test_a_program_is_given_each_head_once(chain, main, program, tmp_path):
    folder, anchoring = program(program.keeps), Anchoring()
    anchoring.carry_on()
    anchoring.carry_on()
    record(Action.LOGIN, by=BY, account=main)
    anchoring.carry_on()

    objects = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)

    assert [read(path.read_text()).sequence for path in objects] == [7, 8]
    assert said("--anchors", *objects) == ""
    told = (tmp_path / "told").read_text()
    assert "AWS_REGION=eu-central-1" in told
    assert "SECRET_KEY" not in told


def test_what_a_program_did_not_keep_it_is_given_again(chain, program, caplog):
    program("cat > /dev/null; echo no such bucket >&2; exit 3")
    anchoring = Anchoring()
    anchoring.carry_on()
    assert "cannot be written: " in caplog.text
    assert "/anchor ended with 3: no such bucket" in caplog.text

    folder = program(program.keeps)
    anchoring.carry_on()

    assert len(list(folder.iterdir())) == 1


def test_a_program_that_hangs_is_ended(chain, program, caplog, monkeypatch):
    monkeypatch.setattr("accounts.audit.anchoring.PROGRAM_SECONDS", 0.05)
    program("exec sleep 600")

    Anchoring().carry_on()

    assert "/anchor took more than 0.05 seconds" in caplog.text


def test_a_program_that_is_not_there_is_told(chain, settings, caplog):
    settings.AUDIT_ANCHORS = ["program:/none/anchor"]

    Anchoring().carry_on()

    assert "cannot be written: [Errno 2]" in caplog.text
