"""The two bodies of a mail: HTML as its template has it, and the same as plain text.

Templates of mails are made of paragraphs, lists and facts (`<dl>`). A link is the last
thing in its block, so that the text has its address on a line of its own.
"""

import re
from email import policy as policies
from html.parser import HTMLParser
from textwrap import wrap

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

SUBJECT = "[Tollgate] {}"
COLUMNS = 76
# RFC 5322 allows it: with the usual 78 a longer address would be torn apart.
LONGEST_LINE = 998
UNREAD = ("head", "header")
# What comes before a block, and what it begins with. RFC 3676 has a signature begin so.
BLOCKS = {
    "p": ("\n\n", ""),
    "li": ("\n\n", "* "),
    "dd": ("\n", "  "),
    "footer": ("\n\n-- \n", ""),
}
FACT = "{:10}"


class Mail(EmailMultiAlternatives):
    """A mail whose source people can read, too: the demo's are looked at in files."""

    def message(self, *, policy=policies.default):
        return super().message(policy=policy.clone(max_line_length=LONGEST_LINE))


def compose(address, subject, template, context):
    """Return the Mail to an address that a template makes of a context."""
    html = render_to_string(template, {**context, "subject": subject})
    mail = Mail(SUBJECT.format(subject), text_of(html), to=[address])
    mail.attach_alternative(html, "text/html")
    return mail


def text_of(html):
    """Return what a mail's HTML says, wrapped for a terminal."""
    reader = HtmlReader()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts).lstrip("\n") + "\n"


class HtmlReader(HTMLParser):
    """Writes a paragraph of text for each block that it reads."""

    def __init__(self):
        super().__init__()
        self.parts = []
        self._text = self._fact = self._address = ""
        self._is_read = True

    def handle_starttag(self, tag, attrs):
        if tag in UNREAD:
            self._is_read = False
        elif tag == "dl":
            self.parts.append("\n")
        elif tag == "br":
            self._text += "\n"
        elif tag == "a":
            self._address = dict(attrs)["href"]

    def handle_data(self, data):
        if self._is_read:
            self._text += re.sub(r"\s+", " ", data)

    def handle_endtag(self, tag):
        if tag in UNREAD:
            self._is_read = True
        elif tag == "a":
            self._end_link()
        elif tag == "dt":
            self._fact, self._text = FACT.format(self._text.strip()), ""
        elif tag in BLOCKS:
            self._end_block(*BLOCKS[tag])

    def _end_link(self):
        if not self._text.endswith(self._address):
            self._text += f":\n{self._address}"

    def _end_block(self, gap, mark):
        first = mark + self._fact
        lines = []
        for line in self._text.split("\n"):
            lines += _wrapped(line, " " * len(first) if lines else first)
        self.parts.append(gap + "\n".join(lines))
        self._text = self._fact = ""


def _wrapped(line, beginning):
    # No name and no address is broken.
    return wrap(
        line.strip(),
        COLUMNS,
        initial_indent=beginning,
        subsequent_indent=" " * len(beginning),
        break_long_words=False,
        break_on_hyphens=False,
    )
