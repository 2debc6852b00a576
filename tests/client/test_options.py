"""Where the server and the caller's token come from."""

import httpx
import pytest
from click.testing import CliRunner

from client.command import tollgate
from tests.client.conversation import CALLER, ENVIRONMENT, page


@pytest.mark.parametrize("typed", [CALLER, f"{CALLER}\n", f"{CALLER}\r\nmore\n"])
def test_the_token_can_come_from_standard_input(run, server, typed):
    other = {"TOLLGATE_TOKEN": "tga_other"}
    run("accounts", "list", "--token-stdin", typed=typed, answers=[page()], **other)

    assert server.requests[0].headers["Authorization"] == f"Bearer {CALLER}"


def test_the_server_knows_what_calls(run, server):
    run("accounts", "list", answers=[page()])

    assert server.requests[0].headers["User-Agent"] == "tollgate/0.1.0"


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        ("", "There is no API token: set TOLLGATE_TOKEN, or use --token-stdin."),
        ("sécret", "What was given as the API token cannot be one."),
        ("two words", "What was given as the API token cannot be one."),
        ("x" * 201, "What was given as the API token cannot be one."),
    ],
)
def test_without_a_token_nothing_is_asked(run, token, sentence):
    result = run("accounts", "list", TOLLGATE_TOKEN=token)

    assert (result.exit_code, result.stderr) == (3, f"Error: {sentence}\n")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://tollgate.example/", "/api/v1/accounts"),
        ("https://example.com/tollgate", "/tollgate/api/v1/accounts"),
        ("http://localhost:8000", "/api/v1/accounts"),
        ("http://127.0.0.1:8000", "/api/v1/accounts"),
        ("http://[::1]:8000", "/api/v1/accounts"),
    ],
)
def test_the_address_may_have_a_path(run, server, url, path):
    run("accounts", "list", "--url", url, answers=[page()])

    assert server.requests[0].url.path == path


@pytest.mark.parametrize(
    "url",
    [
        *("", "tollgate.example", "ftp://tollgate.example", "https://"),
        *("https://me:pw@tollgate.example", "https://tollgate.example?a=b"),
        *("https://tollgate.example:x", "https://exa\x01mple"),
    ],
)
def test_what_is_no_address_is_wrong_usage(run, url):
    result = run("accounts", "list", "--url", url)

    assert result.exit_code == 2
    assert "must look like https://tollgate.example.com" in result.stderr


def test_an_address_is_needed(run):
    result = run("accounts", "list", TOLLGATE_URL=None)

    assert result.exit_code == 2
    assert "TOLLGATE_URL" in result.stderr


@pytest.mark.parametrize("host", ["tollgate.example", "192.0.2.1"])
def test_tokens_travel_unencrypted_only_when_told_to(run, server, host):
    words = ("accounts", "list", "--url", f"http://{host}")
    refused = run(*words)
    allowed = run(*words, "--plain-http", answers=[page()])

    assert refused.exit_code == 2
    assert f"The token would travel unencrypted to {host}" in refused.stderr
    assert allowed.exit_code == 0


def test_certificates_are_those_of_the_environment(tmp_path):
    none = tmp_path / "none.pem"
    result = CliRunner().invoke(
        tollgate, ["whoami"], env=ENVIRONMENT | {"SSL_CERT_FILE": str(none)}
    )

    assert result.exit_code == 5
    assert result.stderr.startswith("Error: No certificates to trust: ")


def test_how_long_to_wait_is_an_option(run, server):
    run("accounts", "list", "--timeout=2.5", answers=[page()])

    assert server.requests[0].extensions["timeout"] == dict.fromkeys(
        ("connect", "read", "write", "pool"), 2.5
    )
    assert run("accounts", "list", "--timeout=0").exit_code == 2
    assert httpx.Timeout(2.5).read == 2.5
