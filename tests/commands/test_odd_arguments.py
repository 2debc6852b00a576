"""Odd arguments of every command: they get a sentence, and never a traceback."""

import io
import os
import runpy
import signal
import sys
from pathlib import Path

import pytest
from django.core import management
from django.core.management import CommandError, get_commands, load_command_class
from django.core.management.base import DjangoHelpFormatter
from django.db import OperationalError, connection, connections, transaction
from psycopg_pool import PoolTimeout

from accounts.console import typed as read_typed
from accounts.console import unusable
from tests.factories import TokenFactory
from tests.installation import PROJECT

ROOMS = ("accounts", "tokens", "demo", "importing", "gateway", "sharing")
COMMANDS = sorted(name for name, app in get_commands().items() if app in ROOMS)
NO_NUMBERS = (
    *("nan", "inf", "-inf", "-1", "1e400", "", " ", "0x10", "\ud800", "9" * 5000),
    *("9" * 20, "-" + "9" * 20),
)
NO_WHOLE_NUMBERS = (*NO_NUMBERS, "0.5", "1e5", "1_0", "٣", str(2**63))
TEXTS = ("", " ", "\0", "\x1b[31m", "\ud800", "é" * 5000, "\u202e", "%s{}", "-", "\n")
FILES = {
    "empty": b"",
    "not UTF-8": b"account,kind,name,secret\n1,api,caf\xe9,x\n",
    "zeros": b"\0" * 50,
    "no rows": b'{"a": NaN}\n[]\n1\nnull\n"x"\n{\n',
    "deep": b"[" * 100_000,
    "endless numbers": b'{"account": 1e999}\n{"account": ' + b"9" * 5000 + b"}\n",
}
# What a command needs besides the one argument that is odd.
NEEDED = {
    "create_account": {"organisation": "{organisation}", "name": "Odd"},
    "create_organisation": {"name": "Odd"},
    "create_person": {"email": "odd@acme.example", "account": "{account}"},
    "create_token": {"name": "Odd", "account": "{account}"},
    "disable_token": {"token": "{token}", "reason": "odd"},
    "generate_load": {"accounts": "1", "tokens": "2"},
    # Nobody listens there.
    "import": {"url": "http://127.0.0.1:1"},
    "list": {"subject": "tokens"},
    "rotate_keys": {"purpose": "enc"},
}
# These run until they are stopped, or are Django's own.
NOT_RUN = ("serve", "migrate")


def parser_of(name):
    return load_command_class(get_commands()[name], name).create_parser("manage", name)


def arguments(name, *, numbers):
    """Return what takes a number, or what takes a text, but for what Django adds.

    The file of a backup has tests of its own, outside of a transaction.
    """
    return [
        each
        for each in parser_of(name)._actions
        if each.nargs != 0
        and DjangoHelpFormatter.show_last.isdisjoint(each.option_strings)
        and each.type is not Path
        and (each.type is not None) == numbers
    ]


def words(name, values):
    """Return a command line that gives arguments by their names."""
    options, places = [], ["--"]
    for each in parser_of(name)._actions:
        if each.dest in values and each.option_strings:
            options.append(f"{each.option_strings[0]}={values[each.dest]}")
        elif each.dest in values:
            places.append(values[each.dest])
    return [*options, *(places if places[1:] else [])]


def is_refused(run, name, *line):
    """Whether a command is refused in a sentence; anything else that fails, fails."""
    said = ""
    try:
        run(name, *line)
    except CommandError as refusal:
        said = str(refusal)
    return said != ""


NUMBERS = [
    pytest.param(name, each, id=f"{name} {each.dest}")
    for name in COMMANDS
    if name != "migrate"
    for each in arguments(name, numbers=True)
]


@pytest.mark.parametrize(("name", "argument"), NUMBERS)
def test_what_is_no_number_of_its_range_is_refused(name, argument):
    may_be_broken = argument.type.__name__ == "gigabytes"
    for odd in NO_NUMBERS if may_be_broken else NO_WHOLE_NUMBERS:
        given = words(name, {argument.dest: odd})

        with pytest.raises(
            CommandError, match=r"give a (whole )?number from [\d,]+ to"
        ):
            parser_of(name).parse_args(given)


@pytest.mark.django_db
@pytest.mark.parametrize("name", [each for each in COMMANDS if each not in NOT_RUN])
def test_what_is_an_odd_text_gets_a_sentence(name, run, typed, main, monkeypatch):
    # A source that does not answer is asked again after pauses.
    monkeypatch.setattr("importing.source.time.sleep", lambda _: None)
    places = {
        "organisation": main.organisation_id,
        "account": main.pk,
        "token": TokenFactory(account=main).pk,
    }
    needed = {
        argument: text.format_map(places)
        for argument, text in NEEDED.get(name, {}).items()
    }
    for argument in arguments(name, numbers=False):
        for odd in TEXTS:
            typed("odd-text-on-standard-input\n")
            with transaction.atomic():
                is_refused(run, name, *words(name, needed | {argument.dest: odd}))
                transaction.set_rollback(True)


@pytest.mark.django_db
def test_letters_that_are_none_are_refused(run, main):
    with pytest.raises(CommandError, match=r"An argument is not in UTF-8\."):
        run("create_token", "CI", f"--account={main.pk}", "--note=\udcff")


@pytest.mark.django_db
def test_a_nul_is_refused_before_anything_is_done(run, main):
    with pytest.raises(CommandError, match="An argument has a NUL character in it"):
        run("verify_audit", "--anchors", "fine", "\0")


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("content", FILES)
def test_a_file_of_anything_gets_a_sentence(run, tmp_path, content, form):
    path = tmp_path / "file"
    path.write_bytes(FILES[content])

    refused = is_refused(run, "import_tokens", path, f"--format={form}")

    # A CSV of one line has a header and no rows.
    assert refused == (content in ("not UTF-8", "no rows", "endless numbers")) or (
        form == "jsonl" and refused == (content != "empty")
    )


@pytest.mark.django_db
def test_what_is_no_file_gets_a_sentence(run, tmp_path):
    for place in (tmp_path, tmp_path / "missing", "a" * 5000, os.devnull + "/x"):
        assert is_refused(run, "import_tokens", place)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("create_person", ["odd@acme.example", "--staff", "--password-stdin"]),
        ("import", ["http://127.0.0.1:1"]),
        ("import_tokens", []),
    ],
)
def test_standard_input_that_is_closed_or_no_text_gets_a_sentence(
    run, monkeypatch, name, line
):
    latin = io.TextIOWrapper(io.BytesIO(b"caf\xe9\n"), encoding="utf-8")
    for stdin, words in ((None, "closed"), (latin, "not in UTF-8")):
        monkeypatch.setattr(sys, "stdin", stdin)

        with pytest.raises(CommandError, match=words):
            run(name, *line)


def test_a_line_is_read_without_its_end(typed):
    typed("hush\nand more\n")

    assert (read_typed(), read_typed(whole_text=True)) == ("hush", "and more\n")


def test_ctrl_c_is_one_line(monkeypatch, capsys):
    def interrupted(argv):
        raise KeyboardInterrupt

    monkeypatch.setattr(management, "execute_from_command_line", interrupted)

    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(PROJECT / "manage.py"), run_name="__main__")

    assert end.value.code == 130
    assert capsys.readouterr().err == "\nStopped.\n"


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_command_needs_somewhere_to_say_what_it_does(monkeypatch, closed):
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, closed, None)

    with pytest.raises(SystemExit, match="must be open"):
        load_command_class("tokens", "list").run_from_argv([])


@pytest.mark.django_db
def test_letters_that_a_terminal_lacks_are_written_in_others(monkeypatch, main):
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "stdout", narrow)
    main.name = "Zürich"
    main.save()
    command = load_command_class("tokens", "list")
    monkeypatch.setattr(connections, "close_all", lambda: None)

    command.run_from_argv(["manage.py", "list", "accounts"])

    narrow.flush()
    assert b"Z\\xfcrich" in narrow.buffer.getvalue()


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_a_database_that_does_not_answer_is_one_sentence(db, run, monkeypatch, command):
    def away():
        raise OperationalError("nobody listens")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "ensure_connection", away)
        with pytest.raises(CommandError, match=r"cannot be used: nobody listens\."):
            run(command)


class Unreachable:
    """A driver of a database whose server turns everybody away."""

    Error = connection.Database.Error

    def connect(self, **parameters):
        raise self.Error("no password fits\n\tIs it right?")


def no_connection_in_time():
    error = OperationalError("couldn't get a connection after 0.15 sec")
    error.__cause__ = PoolTimeout()
    return error


def test_why_a_pool_has_no_connection_is_found_out(db, monkeypatch):
    monkeypatch.setattr(connection, "Database", Unreachable())

    assert unusable(no_connection_in_time()) == (
        "The database cannot be used: no password fits Is it right? "
        "Is it there, and migrated?"
    )


def test_what_is_gone_by_the_time_of_a_second_look_is_said_as_it_was(db):
    assert "couldn't get a connection after 0.15 sec." in unusable(
        no_connection_in_time()
    )


@pytest.fixture
def no_database(monkeypatch):
    """Let `manage.py` run a command of Django's whose database is away."""

    def away(argv):
        raise OperationalError("nobody listens")

    monkeypatch.setattr(management, "execute_from_command_line", away)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["manage.py", *words])
        runpy.run_path(str(PROJECT / "manage.py"), run_name="__main__")

    return run


def test_commands_of_django_say_so_too(no_database):
    with pytest.raises(SystemExit, match=r"^The database cannot be used: nobody list"):
        no_database("check")
    with pytest.raises(OperationalError):
        no_database("check", "--traceback")
