"""Where the tokens of each kind are listed, and the template of their rows."""

from dataclasses import dataclass, field

from django.urls import reverse

from tokens.kinds import Kind


@dataclass(frozen=True, slots=True)
class Home:
    """The tab of a kind; `adds` names the URL of its inline form.

    `row` names a template that gets `token` and what `about_rows` returns. `start` and
    `stop` are the words for a token's switch; `verbs` are what else is done to a token,
    and `loses` says what goes with it when it is deleted.
    """

    url_name: str
    row: str
    adds: str = ""
    query: dict = field(default_factory=dict)
    start: str = "Enable"
    stop: str = "Disable"
    verbs: tuple = ()
    loses: str = ""

    def url(self, account_id, **query):
        return reverse(self.url_name, args=[account_id], query=self.query | query)


def _shipping(product, adds=""):
    return Home("tokens:shipping", "tokens/row.html", adds, {"product": product})


HOMES = {
    Kind.API: Home("tokens:api", "tokens/row.html", "tokens:api_create"),
    Kind.LOGS: _shipping("logs", "tokens:shipping_create"),
    Kind.METRICS: _shipping("metrics"),
    Kind.TRACES: _shipping("traces"),
    Kind.SHARED: Home(
        "sharing:list",
        "sharing/row.html",
        "sharing:create",
        start="Resume",
        stop="Pause",
        verbs=("link",),
        loses="Its link and QR code stop for everybody who has them.",
    ),
}


def home_of(token, /, **query):
    """Return the address of the tab that lists a token."""
    return HOMES[token.kind].url(token.account_id, **query)
