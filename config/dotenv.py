"""The `.env` file: read strictly, written once with fresh keys."""

import base64
import os
import re
import secrets
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
QUOTED = re.compile(r"""(["'])(.*)\1""")
MENTIONED = re.compile(r"^#? ?([A-Z][A-Z_]+)=", re.MULTILINE)


class UnreadableError(Exception):
    """A `.env` that cannot be used; the text says why, in one sentence."""


def read(path):
    """Return the variables in a `.env` file; none when there is no file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path} is not UTF-8 text.") from error
    return dict(_variables(path, text))


def _variables(path, text):
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.strip()
        if content and not content.startswith("#"):
            yield _variable(content, f"Line {number} of {path}")


def _variable(content, place):
    # The line itself stays out of the message: it may hold half a key.
    if not (match := LINE.fullmatch(content)):
        raise UnreadableError(f"{place} is not of the form NAME=value.")
    name, value = match.groups()
    if quoted := QUOTED.fullmatch(value):
        return name, quoted[2]
    if value.startswith(("'", '"')):
        raise UnreadableError(f"{place} opens a quotation mark and never closes it.")
    return name, value


def names(example):
    """Return every variable that `.env.example` mentions, set or commented out."""
    return MENTIONED.findall(example.read_text(encoding="utf-8"))


def create(path, example, *, demo):
    """Write a `.env` with fresh keys, readable by its owner only."""
    text = example.read_text(encoding="utf-8")
    for name, make in FRESH.items():
        text = text.replace(f"\n{name}=\n", f"\n{name}={make()}\n")
    if demo:
        text = text.replace("\nDEMO=false\n", "\nDEMO=true\n")
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(file, "w", encoding="utf-8") as stream:
        stream.write(text)


def _key():
    return _random(32)


def _random(length):
    return base64.b64encode(secrets.token_bytes(length)).decode()


def _secret_key():
    # Django's deployment checks warn of one with fewer than 50 letters.
    return _random(48)


def _first_key():
    return f"1:{_key()}"


def _password():
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


FRESH = {
    "SECRET_KEY": _secret_key,
    "TOLLGATE_ENC_KEYS": _first_key,
    "TOLLGATE_INDEX_KEYS": _first_key,
    "TOLLGATE_AUDIT_KEY": _key,
    "DEMO_PASSWORD_ADMIN": _password,
    "DEMO_PASSWORD_USER": _password,
    "DEMO_PASSWORD_READ_ONLY": _password,
    "DEMO_PASSWORD_STAFF": _password,
}


def main():
    try:
        create(FOLDER / ".env", FOLDER / ".env.example", demo=False)
    except FileExistsError:
        sys.exit(".env is there already and stays as it is.")
    sys.stdout.write("Wrote .env with fresh keys: keep it.\n")


if __name__ == "__main__":
    main()
