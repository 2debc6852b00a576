"""How far an installation is, said while pip is at it."""

import io
import sys

import pytest

from config import packages

LINES = (
    "Ignoring colorama: markers 'os_name == \"nt\"' don't match your environment",
    "Collecting argon2-cffi==25.1.0 (from -r requirements.txt (line 1))",
    "  Using cached argon2_cffi-25.1.0-py3-none-any.whl (14 kB)",
    "Requirement already satisfied: Django==6.1.3 in ./x (from -r requirements.txt)",
    "Installing collected packages: argon2-cffi",
    "Successfully installed argon2-cffi-25.1.0",
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_each_package_counts_and_so_does_one_that_is_not_needed_here():
    assert list(packages.progress(LINES, 3)) == [
        (1, "1 of 3: colorama"),
        (2, "2 of 3: argon2-cffi"),
        (3, "3 of 3: Django"),
        (0, "Unpacking 3 packages…"),
    ]


def test_a_terminal_has_one_line_for_all():
    stream = Terminal()

    packages.say([(1, "1 of 2: a"), (2, "2 of 2: b")], stream)

    assert stream.getvalue() == "\r\033[K  1 of 2: a\r\033[K  2 of 2: b\r\033[K"


def test_a_file_has_some_lines():
    stream = io.StringIO()
    steps = [(number, f"{number} of 25") for number in range(1, 26)]

    packages.say([*steps, (0, "Unpacking 25 packages…")], stream)

    assert stream.getvalue() == "  10 of 25\n  20 of 25\n  Unpacking 25 packages…\n"


@pytest.mark.parametrize(("code", "told"), [(0, ""), (3, "ERROR: no such thing\n")])
def test_pip_is_asked_for_what_is_listed(tmp_path, monkeypatch, capfd, code, told):
    listed = tmp_path / "requirements.txt"
    listed.write_text("# a==1 was\nb==2 \\\n    --hash=sha256:00\nc[x]==3\n")
    pip = f"""if True:
        import sys
        print("WARNING: an index of yours is not there", file=sys.stderr)
        print("Installing collected packages")
        print("ERROR: no such thing", file=sys.stderr)
        sys.exit({code})"""
    monkeypatch.setattr(packages, "PIP", (sys.executable, "-c", pip))

    assert packages.main(str(listed)) == code

    said, failure = capfd.readouterr()
    assert said == "  Unpacking 2 packages…\n"
    assert failure.endswith(told)
    assert bool(failure) == bool(code)
    assert "WARNING" not in failure
