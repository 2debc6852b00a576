"""Secrets go where it was said, and nowhere else."""

import stat
import subprocess
import sys

import pytest
import yaml

from client.declaring import outlets
from tests.factories import ChildFactory, TokenFactory
from tokens.kinds import Kind

ACME = """
accounts:
  - kind: main
    name: Acme
    filters: [{field: env, value: prod}]
    shared_tokens:
      - name: Board / prod
        filters: [{field: env, value: prod}]
    tokens:
      - {name: default}
      - {name: Fluent Bit}
"""
FLUENT, BOARD = "acme.logs.fluent-bit", "acme.shared.board-prod"


def secret_of(account, name):
    return account.tokens.get(name=name).secrets.get().open().reveal()


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


def test_secrets_of_new_tokens_are_files_that_only_their_owner_reads(
    run, main, tmp_path
):
    result = run("apply", "--yes", "--secrets-dir=secrets", text=ACME)

    folder = tmp_path / "secrets"
    assert mode(folder) == 0o700
    assert listed(folder) == [FLUENT, BOARD]
    assert {mode(path) for path in folder.iterdir()} == {0o600}
    assert (folder / FLUENT).read_text() == secret_of(main, "Fluent Bit")
    assert (folder / BOARD).read_text() == secret_of(main, "Board / prod")
    assert "tgl_" not in result.output
    kept = [path for path in tmp_path.iterdir() if path != folder]
    assert kept == [tmp_path / "acme.yaml"]


def test_secrets_of_tokens_that_exist_are_revealed_when_that_is_asked_for(
    run, main, tmp_path
):
    run("apply", "--yes", text=ACME)
    run("apply", "--yes", "--secrets-dir=secrets")
    assert listed(tmp_path / "secrets") == []

    result = run("apply", "--yes", "--reveal", "--secrets-dir=secrets")

    assert listed(tmp_path / "secrets") == ["acme.logs.default", FLUENT, BOARD]
    assert "Nothing to do." in result.stderr


def test_the_token_that_comes_with_an_account_is_handed_out_too(run, main, tmp_path):
    run(
        *("apply", "--yes", "--secrets-dir=secrets"),
        text="accounts:\n"
        "- {kind: sub, name: New, max_daily_gb: 1, tokens: [{name: default},"
        " {kind: api, name: Terraform, secret: {name: terraform.token}}]}\n"
        "- {kind: security, name: Guard, tokens: []}\n",
    )

    folder = tmp_path / "secrets"
    assert listed(folder) == ["new.logs.default", "terraform.token"]
    assert (folder / "terraform.token").read_text().startswith("tga_")


def test_a_manifest_has_all_of_them(run, main, tmp_path):
    run("apply", "--yes", text=ACME)
    lacking = run("apply", "--yes", "--manifest=-", code=2)
    assert "The manifest would lack 3 tokens" in lacking.stderr

    printed = run("apply", "--yes", "--reveal", "--manifest=-").stdout
    run(
        *("apply", "--yes", "--reveal", "--manifest=secret.yaml", "--quiet"),
        *("--manifest-name=shippers", "--manifest-namespace=logging"),
    )

    manifest = yaml.safe_load(printed)
    assert manifest == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "tollgate"},
        "type": "Opaque",
        "stringData": {
            "acme.logs.default": secret_of(main, "default"),
            FLUENT: secret_of(main, "Fluent Bit"),
            BOARD: secret_of(main, "Board / prod"),
        },
    }
    written = tmp_path / "secret.yaml"
    assert mode(written) == 0o600
    assert yaml.safe_load(written.read_text())["metadata"] == {
        "name": "shippers",
        "namespace": "logging",
    }


SAVE = """\
import os, sys
name = os.environ["TOLLGATE_SECRET_NAME"]
assert "TOLLGATE_TOKEN" not in os.environ
open(name, "w").write(sys.stdin.read())
print("a secret program says much")
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "save.py"
    path.write_text(SAVE)
    return [sys.executable, str(path)]


def test_a_program_gets_each_on_its_standard_input(run, main, program, tmp_path, capfd):
    line = " ".join(program)
    run("apply", "--yes", f"--secrets-command={line}", text=ACME)

    assert (tmp_path / FLUENT).read_text() == secret_of(main, "Fluent Bit")
    assert (tmp_path / BOARD).exists()
    assert capfd.readouterr() == ("", "")


def test_a_token_can_have_a_program_of_its_own(run, main, program, tmp_path):
    said = f"{{name: Fluent Bit, secret: {{name: fluent, command: {program}}}}}"
    run("apply", "--yes", text=ACME.replace("{name: Fluent Bit}", said))

    assert (tmp_path / "fluent").read_text() == secret_of(main, "Fluent Bit")
    assert not (tmp_path / BOARD).exists()


def test_a_program_that_fails_stops_it_and_the_token_is_there(run, main):
    command = f"{sys.executable} -c 'import sys; sys.exit(3)'"
    failed = run("apply", "--yes", f"--secrets-command={command}", text=ACME, code=1)

    assert "did not take the secret: it ended with 3." in failed.stderr
    assert "tgl_" not in failed.output
    assert main.tokens.filter(name="Fluent Bit").exists()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (subprocess.TimeoutExpired(["x"], 60), "it takes longer than 60 seconds"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
    ],
)
def test_what_hinders_a_program_is_told(run, monkeypatch, error, words):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(outlets.subprocess, "run", fail)
    failed = run("apply", "--yes", "--secrets-command=true", text=ACME, code=1)

    assert f"true did not take the secret: {words}." in failed.stderr


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (
            ["--secrets-command=no-such-program"],
            1,
            "There is no program no-such-program.",
        ),
        (["--secrets-dir=acme.yaml"], 1, "acme.yaml is no folder."),
        (["--secrets-dir=acme.yaml/x"], 1, "acme.yaml/x: Not a directory."),
        (["--secrets-dir=open"], 1, "Others may look into open: chmod 700 it first."),
        (["--reveal"], 2, "--reveal needs --secrets-dir, --manifest or"),
        (["--manifest=-", "--json"], 2, "takes the manifest or JSON, not both."),
        (["--secrets-command='"], 2, "--secrets-command: No closing quotation."),
    ],
)
def test_what_would_fail_later_is_refused_first(
    run, main, tmp_path, words, code, sentence
):
    (tmp_path / "open").mkdir(mode=0o755)

    refused = run("apply", "--yes", *words, text=ACME, code=code)

    assert sentence in refused.stderr
    assert not main.tokens.filter(name="Fluent Bit").exists()


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [
        (["fluent bit", "Fluent-Bit"], "would both be acme.logs.fluent-bit"),
        (["日本"], "log token 日本 in Acme (main) needs a secret: {name: …}"),
    ],
)
def test_names_of_files_are_told_apart_first(run, tokens, sentence):
    names = ", ".join(f"{{name: {each}}}" for each in tokens)
    text = (
        f"accounts: [{{kind: main, name: Acme, tokens: [{{name: default}}, {names}]}}]"
    )

    assert sentence in run("apply", "--secrets-dir=s", text=text, code=1).stderr


def test_a_file_that_cannot_be_written_leaves_no_half_of_it(run, main, tmp_path):
    (tmp_path / "secrets").mkdir(mode=0o700)
    (tmp_path / "secrets" / FLUENT).mkdir()

    failed = run("apply", "--yes", "--secrets-dir=secrets", text=ACME, code=1)

    assert f"secrets/{FLUENT} cannot be written: Is a directory." in failed.stderr
    assert "Done:\n  create filter env: prod in Acme (main)" in failed.stderr
    assert listed(tmp_path / "secrets") == [FLUENT]
    assert run("plan", code=2).stdout.count("+") == 1


def test_a_command_of_the_file_is_only_run_for_what_is_new(run, main):
    ChildFactory(main=main)
    TokenFactory(account=main, kind=Kind.LOGS, name="Fluent Bit")
    said = "{name: Fluent Bit, secret: {command: ['false']}}"
    text = (
        f"accounts: [{{kind: main, name: Acme, tokens: [{{name: default}}, {said}]}}]"
    )

    assert run("apply", "--yes", text=text).stderr == "Nothing to do.\n"
