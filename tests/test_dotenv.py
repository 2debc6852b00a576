import re
import stat
from pathlib import Path

import pytest

from config import dotenv

EXAMPLE = Path(__file__).resolve().parent.parent / ".env.example"


def write(folder, text):
    path = folder / ".env"
    path.write_bytes(text)
    return path


def test_a_missing_file_holds_nothing(tmp_path):
    assert dotenv.read(tmp_path / ".env") == {}


def test_read_takes_comments_quotes_export_and_equals_signs(tmp_path):
    path = write(
        tmp_path,
        b"\xef\xbb\xbf# a comment\r\n\n  A=1\nexport B = two words \n"
        b"C=\"quoted # text\"\nD='x=y'\nE=\nF=a==\n",
    )

    assert dotenv.read(path) == {
        "A": "1",
        "B": "two words",
        "C": "quoted # text",
        "D": "x=y",
        "E": "",
        "F": "a==",
    }


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"A=1\nsecret-value\n", "Line 2 of {} is not of the form NAME=value."),
        (b"1A=secret-value\n", "Line 1 of {} is not of the form NAME=value."),
        (
            b'A="secret-value\n',
            "Line 1 of {} opens a quotation mark and never closes it.",
        ),
        (b"A=\xff\xfesecret-value\n", "{} is not UTF-8 text."),
    ],
)
def test_a_broken_file_is_refused_without_showing_it(tmp_path, text, complaint):
    path = write(tmp_path, text)

    with pytest.raises(dotenv.UnreadableError) as refusal:
        dotenv.read(path)

    assert str(refusal.value) == complaint.format(path)


def test_a_folder_in_its_place_is_refused(tmp_path):
    with pytest.raises(dotenv.UnreadableError, match="cannot be read: Is a directory"):
        dotenv.read(tmp_path)


def test_create_fills_in_keys_that_differ(tmp_path):
    path = tmp_path / ".env"

    dotenv.create(path, EXAMPLE, demo=False)

    variables = dotenv.read(path)
    assert variables.keys() == dotenv.FRESH.keys() | {"DEMO"}
    assert variables["DEMO"] == "false"
    assert len(set(variables.values())) == len(variables)
    assert re.fullmatch(r"1:[A-Za-z0-9+/]{43}=", variables["TOLLGATE_ENC_KEYS"])
    assert re.fullmatch(r"[a-z2-7]{16}", variables["DEMO_PASSWORD_ADMIN"])


def test_create_asks_for_the_demo_only_when_told(tmp_path):
    path = tmp_path / ".env"

    dotenv.create(path, EXAMPLE, demo=True)

    assert dotenv.read(path)["DEMO"] == "true"


def test_create_keeps_the_file_private_and_never_replaces_one(tmp_path):
    path = tmp_path / ".env"
    dotenv.create(path, EXAMPLE, demo=False)
    text = path.read_text()

    with pytest.raises(FileExistsError):
        dotenv.create(path, EXAMPLE, demo=False)

    assert path.read_text() == text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_names_lists_what_is_set_and_what_is_commented_out(tmp_path):
    path = write(tmp_path, b"# Words A=1 in a comment.\nONE=\n# TWO=2\n")

    assert dotenv.names(path) == ["ONE", "TWO"]


def test_make_env_writes_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dotenv, "FOLDER", tmp_path)
    (tmp_path / ".env.example").write_text(EXAMPLE.read_text())

    dotenv.main()
    with pytest.raises(SystemExit) as refusal:
        dotenv.main()

    assert capsys.readouterr().out == "Wrote .env with fresh keys: keep it.\n"
    assert refusal.value.code == ".env is there already and stays as it is."
