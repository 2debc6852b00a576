"""Failures of the command, each with its exit code."""

import json
import unicodedata

import click


class Refused(click.ClickException):
    """The server says no for a reason of its own, or a token does not work."""

    exit_code = 1


class Stale(Refused):
    """Somebody else changed it since it was looked at."""


class NotAuthorised(click.ClickException):
    exit_code = 3


class NotFound(click.ClickException):
    exit_code = 4


class Unavailable(click.ClickException):
    """Nobody answers, or not in time, or not as Tollgate does."""

    exit_code = 5


KINDS = {
    401: NotAuthorised,
    403: NotAuthorised,
    404: NotFound,
    412: Stale,
    429: Unavailable,
}


def failure(response):
    """Return the exception that an answer other than success is."""
    problem = read_object(response)
    if problem is None or not _is_ours(problem):
        return not_tollgate(response)
    usual = Unavailable if response.is_server_error else Refused
    kind = KINDS.get(response.status_code, usual)
    return kind(printable(_worded(problem)))


def not_tollgate(response):
    """Return what to say of an answer that Tollgate does not give."""
    return Unavailable(
        f"{response.url.host} answered with status {response.status_code}, and not as "
        "Tollgate's API does. Is the address right?"
    )


def read_object(response):
    """Return the JSON object that a response carries, or None."""
    try:
        contents = response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    return contents if isinstance(contents, dict) else None


def _is_ours(problem):
    # In the words of Logz.io's API there is a message alone.
    return {"detail", "errors"} <= problem.keys() or problem.keys() == {"message"}


def _worded(problem):
    if "message" in problem:
        return problem["message"]
    errors = [
        f"{error['field']}: {error['message']}"
        for error in problem["errors"]
        if error["message"] != problem["detail"]
    ]
    return " ".join([problem["detail"], *errors])


def printable(value):
    """Return a text on one line that no terminal takes for a command."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(letter)[0] == "C"
        else letter
        for letter in str(value)
    )
