"""Mails that are kept as files have links in them that let people in."""

import os
from pathlib import Path
from stat import S_IMODE

import pytest
from django.core.mail import EmailMessage, InvalidMailer

from config.environment import Environment
from config.mail_files import EmailBackend


@pytest.fixture(autouse=True)
def usual_mask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def send(folder):
    backend = EmailBackend(alias="default", file_path=str(folder))
    backend.send_messages(
        [EmailMessage("Hello", "a link", "a@b.example", ["c@d.example"])]
    )


def modes(folder):
    return [S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())]


def test_only_their_owner_reads_mails_in_files(tmp_path):
    send(tmp_path / "new" / "mails")

    assert modes(tmp_path / "new" / "mails") == [0o700, 0o600]


def test_a_file_that_is_open_is_opened_once(tmp_path):
    backend = EmailBackend(alias="default", file_path=str(tmp_path))

    assert [backend.open(), backend.open()] == [True, False]
    backend.close()


def test_a_folder_that_is_there_keeps_its_mode(tmp_path):
    tmp_path.chmod(0o755)

    send(tmp_path)

    assert modes(tmp_path) == [0o755, 0o600]


def test_what_is_no_folder_is_refused(tmp_path):
    (tmp_path / "mails").touch()

    with pytest.raises(InvalidMailer, match="not a directory"):
        send(tmp_path / "mails")


def test_mails_to_files_go_by_it(monkeypatch):
    monkeypatch.setenv("URL", "filemail:////srv/mails")

    found = Environment(Path(os.devnull)).mailer("URL", default="")

    assert found["BACKEND"] == f"{EmailBackend.__module__}.{EmailBackend.__name__}"
