"""Everything that a person makes with a form: where, with what, and what shows it."""

import re
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Account, Membership, Organisation
from gateway.models import Webhook
from sharing.models import Filter, SharedView
from tokens.models import Token


def starting(label):
    return re.compile(f"^{re.escape(label)}")


@dataclass(frozen=True)
class Create:
    """`fills` names fields by label; the first of them holds what is looked for."""

    page: str
    fills: dict
    made: type
    named: str
    opener: str = ""
    submit: str = "Add"
    query: str = ""
    by_staff: bool = False

    def path(self, main):
        address = reverse(self.page, args=[] if self.by_staff else [main.pk])
        return address + self.query

    def open(self, page):
        if self.opener:
            page.get_by_role("link", name=self.opener).click()

    def fields(self, page):
        return [
            (page.locator("main").get_by_role("textbox", name=starting(label)), value)
            for label, value in self.fills.items()
        ]

    def fill(self, page):
        for field, value in self.fields(page):
            field.fill(value)

    def expect_filled(self, page):
        for field, value in self.fields(page):
            expect(field).to_have_value(value)

    def expect_made(self, page):
        expect(page.locator("main")).to_contain_text(next(iter(self.fills.values())))

    def send(self, page):
        page.get_by_role("button", name=self.submit, exact=True).click()

    def count(self):
        wanted = next(iter(self.fills.values()))
        return self.made.objects.filter(**{self.named: wanted}).count()


@dataclass(frozen=True)
class ShareCreate(Create):
    everything: ClassVar[str] = "Show everything in this account"

    def fill(self, page):
        super().fill(page)
        page.get_by_label(self.everything).check()
        self.expect_agreed(page)

    def expect_filled(self, page):
        super().expect_filled(page)
        expect(page.get_by_label(self.everything)).to_be_checked()
        self.expect_agreed(page)

    def expect_agreed(self, page):
        # What the link shows is read before it is made.
        expect(page.locator("[name='agreed']")).to_have_count(1)


class WebhookCreate(Create):
    def expect_made(self, page):
        # Its address stays in the form, to be changed.
        expect(page.get_by_text("The webhook is saved.")).to_be_visible()


NAME = {"Name": "Nightly export"}
CREATES = {
    "api": Create("tokens:api", NAME, Token, "name", "New API token"),
    "logs": Create("tokens:shipping", NAME, Token, "name", "New log shipping token"),
    "share": ShareCreate("sharing:list", NAME, Token, "name", "New shared token"),
    "filter": Create(
        "sharing:list",
        {"Log field": "region", "Value": "eu", "Description": "Europe"},
        Filter,
        "field",
        "New filter",
    ),
    "view": Create(
        "sharing:list",
        {"Title": "Errors", "Address": "https://grafana.example/d/1"},
        SharedView,
        "title",
        "New view",
    ),
    "gateway": Create(
        "tokens:gateway", NAME, Token, "name", "New gateway token", by_staff=True
    ),
    "webhook": WebhookCreate(
        "gateway:webhook",
        {"Address": "https://hooks.example/in"},
        Webhook,
        "url",
        submit="Add webhook",
    ),
    "user": Create(
        "accounts:user_list",
        {"E-mail": "new@acme.example", "Full name": "Nora New"},
        Membership,
        "user__email",
        "New user",
        submit="Invite",
    ),
    "account": Create(
        "accounts:account_new",
        {"Name": "Nightly"},
        Account,
        "name",
        submit="Create account",
        query="?kind=security",
    ),
    "organisation": Create(
        "accounts:staff_organisation_add",
        {"Name": "Globex", "First admin's e-mail": "boss@globex.example"},
        Organisation,
        "name",
        submit="Create organisation",
        by_staff=True,
    ),
}
