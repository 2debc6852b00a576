"""How tests read mails."""

import re

from accounts.mail import link
from accounts.mail_bodies import COLUMNS, text_of


def said(mail):
    """Return what a mail says as text, without its lines."""
    return " ".join(mail.body.split())


def expect_the_look(sent):
    """Expect of a mail what is expected of all."""
    ((html, kind),) = sent.alternatives
    assert kind == "text/html"
    assert sent.message().get_content_type() == "multipart/alternative"
    assert sent.subject.startswith("[Tollgate] ")
    assert sent.body.endswith(f"\n-- \nTollgate, {link('/')}\n")
    assert [line for line in sent.body.split("\n") if is_too_long(line)] == []
    assert text_of(html) == sent.body
    assert 'content="light dark"' in html
    assert "prefers-color-scheme: dark" in html
    links = re.findall(r'(?:href|src)="([^"]+)', html)
    assert [each for each in links if not each.startswith(link("/"))] == []


def is_too_long(line):
    return len(line) > COLUMNS and " " in line
