"""The query of Manage accounts; anything unreadable is left out."""

from dataclasses import dataclass

from django import forms

from accounts.forms.find import AskedForm
from accounts.models import AccountKind

PRODUCTS = {
    AccountKind.SUB: "Logs",
    AccountKind.METRICS: "Metrics",
    AccountKind.TRACING: "Tracing",
    AccountKind.SECURITY: "Security",
}
# The columns that each kind has besides, with the field that sorts them.
COLUMNS = {
    AccountKind.SUB: {"Volume a day": "max_daily_gb", "Retention": "retention_days"},
    AccountKind.METRICS: {"Time series": "plan_uts"},
    AccountKind.TRACING: {"Spans a month": "monthly_spans"},
    AccountKind.SECURITY: {},
}
OF_ALL = {"Name": "name", "ID": "id"}


@dataclass(frozen=True, slots=True)
class Header:
    """The head of a column: where a click leads, and how it is sorted now."""

    label: str
    wanted: str
    order: str
    is_number: bool


class AccountListForm(AskedForm):
    kind = forms.ChoiceField(choices=list(PRODUCTS.items()), required=False)
    q = forms.CharField(required=False, max_length=200)
    sort = forms.CharField(required=False, max_length=50)
    cursor = forms.CharField(required=False, max_length=2000)

    def __init__(self, data):
        super().__init__(data)
        self.asked_kind = AccountKind(self.asked["kind"] or AccountKind.SUB)
        self.columns = OF_ALL | COLUMNS[self.asked_kind]
        self.text = self.asked["q"]
        self.position = self.asked["cursor"]
        sort = self.asked["sort"]
        known = sort.removeprefix("-") in self.columns.values()
        self.order = sort if known else "name"

    @property
    def headers(self):
        return [self._header(label, name) for label, name in self.columns.items()]

    def _header(self, label, name):
        order = {name: "ascending", f"-{name}": "descending"}.get(self.order, "")
        wanted = f"-{name}" if order == "ascending" else name
        return Header(label, wanted, order, label not in OF_ALL)
