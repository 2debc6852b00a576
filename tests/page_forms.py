"""The forms of a page, as a browser would read them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

CSRF = "csrfmiddlewaretoken"


@dataclass
class Form:
    action: str
    method: str
    fields: dict = field(default_factory=dict)
    typed: set = field(default_factory=set)


class _Reader(HTMLParser):
    def __init__(self, address):
        super().__init__()
        self.address = address
        self.forms = []
        self.form = None
        self.select = None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            action = urljoin(self.address, attributes.get("action") or self.address)
            self.form = Form(action, attributes.get("method", "get").lower())
            self.forms.append(self.form)
        elif self.form is not None:
            self.read(tag, attributes)

    def read(self, tag, attributes):
        name = attributes.get("name")
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select:
            if "selected" in attributes or self.select not in self.form.fields:
                self.form.fields[self.select] = attributes.get("value", "")
        elif tag in ("input", "textarea") and name:
            self.read_input(name, attributes)

    def read_input(self, name, attributes):
        kind = attributes.get("type", "text")
        if kind in ("checkbox", "radio") and "checked" not in attributes:
            self.form.fields.setdefault(name, None)
            return
        self.form.fields[name] = attributes.get("value", "")
        if kind not in ("hidden", "checkbox", "radio", "submit", "button"):
            self.form.typed.add(name)

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None


def forms_of(response, address):
    """Return the different forms of a page's own part that send anything."""
    own = response.text[response.text.index("<main") :]
    forms = [form for form in forms_in(own, address) if form.fields.keys() - {CSRF}]
    return list({(form.action, *sorted(form.fields)): form for form in forms}.values())


def forms_in(html, address):
    reader = _Reader(address)
    reader.feed(html)
    return reader.forms
