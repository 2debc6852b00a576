"""The steps that move an inventory in, one transaction each."""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from importing import accounts, people, tokens
from importing.schemas import LogToken


class StepKey(NamedTuple):
    """The subject of a step; `place` is its account over there, if it is in one."""

    kind: str
    place: int
    number: int = 0

    def __str__(self):
        return f"{self.kind}:{self.place}:{self.number}"


@dataclass(frozen=True)
class Step:
    key: StepKey
    what: str
    act: partial


def steps(inventory, target):
    """Yield the steps in an order in which each finds what it needs."""
    yield from _accounts(inventory, target)
    yield from _lists(inventory)
    yield from _people(inventory)
    for place in inventory.contents:
        yield from _chest(inventory, place)
    yield from _suspensions(inventory)


def _accounts(inventory, target):
    main = inventory.main
    key, what = StepKey("account", main.account_id), f"main account {main.account_name}"
    if target.organisation:
        yield Step(key, what, partial(accounts.enter_main, found=main))
    else:
        room = accounts.room_for(inventory)
        default = default_token(inventory, main)
        act = partial(accounts.open_main, found=main, default=default, room=room)
        yield Step(key, what, act)
    for sub in inventory.subs:
        act = partial(
            accounts.open_sub, found=sub, default=default_token(inventory, sub)
        )
        yield Step(
            StepKey("account", sub.account_id), f"sub account {sub.account_name}", act
        )
    for found in inventory.metrics:
        what = f"metrics account {found.account_name}"
        act = partial(accounts.open_metrics, found=found)
        yield Step(StepKey("account", found.account_id), what, act)


def default_token(inventory, account):
    """Return the log token that an account over there calls its own, or None."""
    view = inventory.views.get(account.account_id)
    secret = view and view.account_token
    content = inventory.contents.get(account.account_id)
    listed = content.log_tokens if content else []
    for token in listed:
        if token.token == secret:
            return token
    if secret:
        return LogToken.model_construct(label="default", token=secret)
    return next((token for token in listed if token.enabled is not False), None)


def _lists(inventory):
    known = inventory.accounts
    lists = [
        *(
            (found, "sharing_objects_accounts", found.sharing_objects_accounts)
            for found in (inventory.main, *inventory.subs)
        ),
        *(
            (found, "authorized_accounts", found.authorized_accounts_ids)
            for found in inventory.metrics
        ),
    ]
    for found, name, others in lists:
        if others:
            what = f"{name.replace('_', ' ')} of {found.account_name}"
            act = partial(
                accounts.share_out,
                there=found.account_id,
                name=name,
                others=[other for other in others if other in known],
                missing=[other for other in others if other not in known],
            )
            yield Step(StepKey("list", found.account_id), what, act)


def _people(inventory):
    for person in inventory.people:
        home = inventory.accounts.get(person.account_id)
        if home:
            key = StepKey("person", person.account_id, person.id)
            what = f"person {person.username} of {home.account_name}"
            yield Step(key, what, partial(people.add, person=person))


def _chest(inventory, place):
    content, name = inventory.contents[place], inventory.accounts[place].account_name
    kinds = [
        ("log token", content.log_tokens, tokens.add_log_token),
        ("filter", content.filters, tokens.add_filter),
        ("shared token", content.shares, tokens.add_share),
    ]
    for kind, things, add in kinds:
        for found in things:
            key = StepKey(kind.replace(" ", "_"), place, found.id)
            act = partial(add, there=place, found=found)
            yield Step(key, f"{kind} {found.label} of {name}", act)


def _suspensions(inventory):
    for found in inventory.subs:
        view = inventory.views.get(found.account_id)
        if view and view.active is False:
            key = StepKey("suspension", found.account_id)
            act = partial(accounts.suspend, there=found.account_id)
            yield Step(key, f"suspension of {found.account_name}", act)
