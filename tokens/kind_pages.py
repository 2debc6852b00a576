"""Where the tokens of each kind are listed, and the template of their rows."""

from dataclasses import dataclass, field

from django.urls import reverse

from tokens.kinds import Kind

ROWS = "tokens/_row_cells.html#row"


@dataclass(frozen=True, slots=True)
class Home:
    """The list of a kind; `adds` names the URL of its inline form.

    `rows` names a template that gets the `rows` of tokens, as of `row_values`, and what
    `about_rows` returns. `extend` names the page that changes an expiry, where it is not
    the usual one. `start` and `stop` are the words for a token's switch; `verbs` are what
    else is done to a token, and `loses` says what goes with it when it is deleted. `use`
    names a template for a kind that has no snippets, and `facts` one with what is to be
    known of that kind only.
    """

    url_name: str
    rows: str
    adds: str = ""
    query: dict = field(default_factory=dict)
    start: str = "Enable"
    stop: str = "Disable"
    verbs: tuple = ()
    loses: str = ""
    use: str = ""
    facts: str = ""
    extend: str = ""

    def url(self, account_id, **query):
        return _reverse(self.url_name, account_id, query=self.query | query)

    def adding_url(self, account_id):
        return self.adds and _reverse(self.adds, account_id)


def _reverse(name, account_id, **options):
    # Tokens of the installation are in no account.
    return reverse(name, args=[account_id] if account_id else [], **options)


def _shipping(product, adds=""):
    return Home("tokens:shipping", ROWS, adds, {"product": product})


HOMES = {
    Kind.API: Home("tokens:api", ROWS, "tokens:api_create"),
    Kind.LOGS: _shipping("logs", "tokens:shipping_create"),
    Kind.METRICS: _shipping("metrics"),
    Kind.TRACES: _shipping("traces"),
    Kind.SHARED: Home(
        "sharing:list",
        "sharing/_rows.html",
        "sharing:create",
        start="Resume",
        stop="Pause",
        verbs=("link",),
        loses="Its link and QR code stop for everybody who has them.",
        use="sharing/_token_parts.html#use_it",
        facts="sharing/_token_parts.html#facts",
        extend="sharing:edit",
    ),
    Kind.GATEWAY: Home("tokens:gateway", ROWS, "tokens:gateway_create"),
    Kind.SCANNER: Home("tokens:scanner", ROWS, "tokens:scanner_create"),
}


def action_url(verb, token, **query):
    """Return the address of an action on a token."""
    if token.account_id is None:
        return reverse(f"tokens:{token.kind}_{verb}", args=[token.pk], query=query)
    return reverse(f"tokens:{verb}", args=[token.account_id, token.pk], query=query)


def page_of(token):
    """Return the address of the page of one token."""
    return action_url("page", token)


def home_of(token, /, **query):
    """Return the address of the tab that lists a token."""
    return HOMES[token.kind].url(token.account_id, **query)
