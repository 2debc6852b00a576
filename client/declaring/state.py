"""How an organisation is now, as far as a file speaks of it."""

from collections import defaultdict
from functools import cached_property
from itertools import batched

from client.declaring.names import account_key, view_keys
from client.failures import NotAuthorised, Refused

# As many as the API takes in one call.
MOST_ACCOUNTS = 100


class State:
    def __init__(self, server):
        self.server = server
        whoami = server.get("/whoami")
        me, self.caller = whoami["account"], whoami["token"]["id"]
        if me["kind"] != "main":
            raise NotAuthorised(
                "This needs an API token of the main account, and "
                f"{me['name']} is a {me['kind']} account."
            )
        self.accounts = list(server.items("/accounts"))
        self.by_key = {account_key(each): each for each in self.accounts}
        self.by_id = {each["id"]: each for each in self.accounts}
        self.main = self.by_id[me["id"]]
        self.tokens = defaultdict(list)
        self.scopes, self.filters, self.views = {}, {}, {}
        self.policies, self.policies_version = {}, None

    def read_tokens(self, accounts):
        """Read the tokens of accounts, the oldest first."""
        ids = [account["id"] for account in accounts]
        for some in batched(ids, MOST_ACCOUNTS):
            query = {"account": [*some], "sort": "created_at"}
            for token in self.server.items("/tokens", **query):
                self.tokens[token["account_id"]].append(token)

    def read_sharing(self, account):
        """Read the filters of an account, and what its shared tokens show."""
        path = f"/accounts/{account['id']}"
        self.filters[account["id"]] = sorted(
            self.server.items(f"{path}/filters"), key=lambda each: each["id"]
        )
        self.scopes |= {
            each["token_id"]: each
            for each in self.server.items(f"{path}/shared-tokens")
        }

    def scope_of(self, token):
        """Return what a shared token shows; raises Refused for one that came just now."""
        if token["id"] not in self.scopes:
            raise Refused(
                f"{token['name']} in {token['account_name']} was changed while everything "
                "was looked at. Try again."
            )
        return self.scopes[token["id"]]

    @cached_property
    def most_log_tokens(self):
        """How many log tokens the plan lets an account have enabled at once."""
        path = f"{self.server.root}/v1/log-shipping/tokens/limits"
        return self.server.get(path)["maxAllowedTokens"]

    def read_policies(self):
        """Read what the organisation asks of each kind of token."""
        found, version = self.server.versioned("/policies")
        self.policies = {each["kind"]: each for each in found["items"]}
        self.policies_version = version

    def read_views(self, account):
        """Read the views of an account in their order."""
        found = list(self.server.items(f"/accounts/{account['id']}/views"))
        self.views[account["id"]] = found

    def views_by_key(self, account):
        found = self.views[account["id"]]
        return dict(zip(view_keys(found), found, strict=True))
