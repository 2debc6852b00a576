"""Commands about the filters of shared tokens."""

import click

from client.options import asks_server

COLUMNS = (
    ("ID", lambda each: each["id"]),
    ("FIELD", lambda each: each["field"]),
    ("VALUE", lambda each: each["value"]),
    ("DESCRIPTION", lambda each: each["description"]),
)


@click.group()
def filters():
    """See the filters that shared tokens can have."""


@filters.command("list")
@click.option("--account", required=True, type=int, help="Id of the account.")
@asks_server
def filter_list(server, output, account):
    """List an account's filters; tokens create takes their ids."""
    found = server.items(f"/accounts/{account}/filters")
    output.rows(COLUMNS, found, spare=("DESCRIPTION",))
