"""House rules that a command can see."""

import ast
import re
import sys
from pathlib import Path

import pytest

from accounts import hooks
from accounts.hooks import Hook

ROOT = Path(__file__).resolve().parent.parent
# An app may import itself and what stands below it.
BELOW = {
    "accounts": {"accounts"},
    "tokens": {"tokens", "accounts"},
    "sharing": {"sharing", "tokens", "accounts"},
    "importing": {"importing", "sharing", "tokens", "accounts"},
    "gateway": {"gateway", "sharing", "tokens", "accounts"},
    "leaks": {"leaks", "gateway", "sharing", "tokens", "accounts"},
    "demo": {"demo", "gateway", "sharing", "tokens", "accounts"},
    "config": {
        "config",
        "demo",
        "importing",
        "gateway",
        "leaks",
        "sharing",
        "tokens",
        "accounts",
    },
    # Runs on machines where nothing else of Tollgate is.
    "client": {"client"},
}
UNDECIDED = {
    "utils",
    "helpers",
    "services",
    "selectors",
    "managers",
    "signals",
    "constants",
    "mixins",
    "common",
    "core",
}
# Where the plain text of a secret is looked at: to hash it, to store it, to hand it out.
MAY_REVEAL = {
    "tokens/secrets.py",
    "tokens/models/secrets.py",
    "tokens/secret_response.py",
    "tokens/calendars.py",
    "tokens/api/plumbing/secrets.py",
    "accounts/api/plumbing/default_tokens.py",
    "sharing/links.py",
    "gateway/models/webhooks.py",
}
BANNED_IN_TEMPLATES = {
    "inline style": r"\sstyle=|<style",
    "inline handler": r"\son\w+=",
    "htmx that needs eval": r"hx-on|hx-vals=[\"']js:|hx-trigger=\"[^\"]*\[",
    "unescaped output": r"\|\s*safe\b|autoescape off",
    "another origin": r"(?:src|href)=\"(?:https?:)?//",
}
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\b(?:src|type=\"application/json\"))")


def sources(*rooms):
    for room in rooms or BELOW:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("room", BELOW)
def test_imports_point_down(room):
    upward = [
        (path.name, name)
        for path in sources(room)
        for name in imports(path)
        if name.partition(".")[0] in BELOW.keys() - BELOW[room]
    ]

    assert upward == []


def test_the_command_needs_nothing_of_the_portal():
    names = {
        name.partition(".")[0] for path in sources("client") for name in imports(path)
    }

    assert names - sys.stdlib_module_names == {"client", "click", "httpx", "yaml"}


def test_hooks_say_what_they_take_and_are_filled_by_apps_alone():
    found = {name: each for name, each in vars(hooks).items() if isinstance(each, Hook)}
    registering = {
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if re.search(r"hooks\.\w+\.register", path.read_text())
    }

    assert [name for name, hook in found.items() if not hook.__doc__] == []
    assert [name for name, hook in found.items() if not [*hook]] == []
    assert registering == {
        f"{app}/apps.py"
        for app in ("accounts", "tokens", "sharing", "gateway", "leaks")
    }


def test_every_module_says_what_it_is():
    undecided = [path for path in sources() if UNDECIDED & {path.stem, *path.parts}]

    assert undecided == []


def test_secrets_are_opened_in_few_places():
    opened = {
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if ".reveal()" in path.read_text()
    }

    assert opened == MAY_REVEAL


@pytest.mark.parametrize("path", list(sources()), ids=lambda path: path.name)
def test_no_escape_hatch_in_code(path):
    found = re.findall(r"mark_safe|csrf_exempt|receiver\(", path.read_text())

    assert found == []


TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# What a mail looks like comes with it.
LOOK_OF_MAILS = ROOT / "templates" / "accounts" / "mail" / "base.html"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_stay_within_the_content_security_policy(path):
    text = path.read_text()

    found = [
        rule
        for rule, pattern in BANNED_IN_TEMPLATES.items()
        if re.search(pattern, text)
    ]

    assert found == (["inline style"] if path == LOOK_OF_MAILS else [])
    assert not INLINE_SCRIPT.search(text)


def test_colours_live_in_the_theme():
    hexes = [
        path.name
        for path in (ROOT / "static" / "css").glob("*.css")
        if path.name != "theme.css"
        and re.search(r"#[0-9a-fA-F]{3,8}\b", path.read_text())
    ]

    assert hexes == []


def test_weights_are_those_that_static_fonts_have():
    # Some browsers draw what lies between two of them in the bolder one.
    weights = {
        weight
        for path in (ROOT / "static" / "css").glob("*.css")
        for weight in re.findall(r"font-weight: (\d+)", path.read_text())
    }

    assert weights
    assert weights <= {"400", "500", "600", "700"}


def test_css_needs_no_force():
    forced = [
        path.name
        for path in (ROOT / "static" / "css").glob("*.css")
        if "!important" in path.read_text()
    ]

    assert forced == []
