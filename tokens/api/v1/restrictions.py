"""Where a token may be used from, and how often, as our own API takes it."""

from typing import Annotated

from pydantic import Field

from accounts.api.plumbing.fields import text
from tokens.limits import MOST_CALLS
from tokens.networks import LONGEST_NETWORK, MOST_NETWORKS

Network = text(r"^[0-9A-Fa-f:.]+(/[0-9.]+)?$", longest=LONGEST_NETWORK)
Networks = Annotated[
    list[Network],
    Field(
        max_length=MOST_NETWORKS,
        description="Where it may be used from: addresses, or networks as IPv4 and IPv6 "
        "CIDR have them. Without any, it is anywhere.",
        examples=[["203.0.113.0/24"]],
    ),
]
CallsPerMinute = Annotated[
    Annotated[int, Field(strict=True, ge=1, le=MOST_CALLS)] | None,
    Field(
        description="How many calls a minute it is good for, over all that use it; null: any "
        "number.",
        examples=[600],
    ),
]
