"""Options of every command: the server, the caller's token, the form of the output."""

import ipaddress
import os
import re
import sys
from functools import wraps

import click
import httpx

from client.failures import NotAuthorised
from client.output import OUTPUT_FORMATS, Output
from client.server import Server

# What a header can carry; an error about anything else would quote it.
TOKEN = re.compile(r"[!-~]{1,200}")
SHARED = (
    click.option(
        "--url",
        envvar="TOLLGATE_URL",
        show_envvar=True,
        required=True,
        help="Address of the Tollgate server.",
    ),
    click.option(
        "--token-stdin",
        is_flag=True,
        help="Read the API token from the first line of standard input,"
        " not from TOLLGATE_TOKEN.",
    ),
    click.option(
        "--output",
        type=click.Choice(OUTPUT_FORMATS),
        default="table",
        show_default=True,
        help="What standard output gets; JSON is as the HTTP API gives it.",
    ),
    click.option(
        "-q",
        "--quiet",
        is_flag=True,
        help="Write nothing but errors to standard error.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=30,
        show_default=True,
        help="Seconds to wait for an answer.",
    ),
    click.option(
        "--plain-http",
        is_flag=True,
        help="Let the token travel unencrypted to another machine.",
    ),
)


def asks_server(view):
    """Make a command of a function that takes a Server and an Output."""

    @click.pass_context
    @wraps(view)
    def ask(context, *, url, token_stdin, output, quiet, timeout, plain_http, **rest):
        address = _address(url, plain_http=plain_http)
        token = _token(from_stdin=token_stdin)
        # Only tests bring a transport, to answer in place of a server.
        server = Server(address, token, timeout=timeout, transport=context.obj)
        view(server, Output(output, quiet=quiet), **rest)

    for option in reversed(SHARED):
        ask = option(ask)
    return ask


def read_secret(label):
    """Return the next line of standard input; who types it does not see it."""
    if sys.stdin.isatty():
        return click.prompt(label, hide_input=True, err=True).strip()
    return sys.stdin.readline().strip()


def _token(*, from_stdin):
    text = (
        read_secret("API token") if from_stdin else os.environ.get("TOLLGATE_TOKEN", "")
    )
    if not text:
        raise NotAuthorised(
            "There is no API token: set TOLLGATE_TOKEN, or use --token-stdin."
        )
    if not TOKEN.fullmatch(text):
        raise NotAuthorised("What was given as the API token cannot be one.")
    return text


def _address(text, *, plain_http):
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query:
        raise click.UsageError(
            "The address must look like https://tollgate.example.com"
        )
    if url.scheme == "http" and not (plain_http or _is_this_machine(url.host)):
        raise click.UsageError(
            f"The token would travel unencrypted to {url.host}: use https, or"
            " --plain-http."
        )
    return text.rstrip("/")


def _is_this_machine(host):
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
