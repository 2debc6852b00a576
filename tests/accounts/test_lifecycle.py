from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import lifecycle
from accounts.lists import listed
from accounts.models import Account, AccountKind, Action, AuditEvent
from accounts.rule_violations import RuleViolation, Stale
from tests.accounts.changes import events, fresh
from tests.factories import BY, ChildFactory, MainFactory, UserFactory


@pytest.mark.parametrize(
    ("kind", "tokens"),
    [
        (AccountKind.SUB, [("logs", "default")]),
        (AccountKind.METRICS, [("metrics", "default")]),
        (AccountKind.TRACING, [("traces", "default")]),
        (AccountKind.SECURITY, []),
    ],
)
def test_a_child_is_born_with_its_shipping_token(main, kind, tokens):
    child = ChildFactory(main=main, kind=kind)

    assert [(token.kind, token.name) for token in child.tokens.all()] == tokens


def test_a_child_keeps_its_lists(main, sub):
    child = ChildFactory(
        main=main,
        kind=AccountKind.SECURITY,
        accounts_to_scan=[main, sub],
    )

    assert set(child.accounts_to_scan.all()) == {main, sub}


@pytest.mark.parametrize("name", ["Staging", "staging", "STAGING"])
def test_names_are_unique_in_an_organisation_however_written(main, sub, name):
    with pytest.raises(
        RuleViolation, match=f"already has a sub account named {name}"
    ) as refusal:
        ChildFactory(main=main, name=name)

    assert (refusal.value.code, refusal.value.field) == ("name_taken", "name")
    ChildFactory(name=name)


def test_accounts_of_each_kind_may_share_a_name(main):
    kinds = [kind for kind in AccountKind if kind != AccountKind.MAIN]
    for kind in kinds:
        ChildFactory(main=main, kind=kind, name=main.name.upper())

    for kind in kinds:
        with pytest.raises(RuleViolation, match=f"already has a {kind.noun} named"):
            ChildFactory(main=main, kind=kind, name=main.name)


def test_the_database_keeps_names_apart_in_each_kind(main):
    sub = ChildFactory(main=main, name="Payments")
    sub.pk, sub.name = None, "PAYMENTS"

    with pytest.raises(IntegrityError), transaction.atomic():
        sub.save(force_insert=True)
    sub.kind = AccountKind.METRICS
    sub.save(force_insert=True)


def test_an_edit_says_what_changed(main, sub):
    lifecycle.edit_account(
        sub, by=BY, name="Stage", searchable=False, sharing_objects_accounts=[main]
    )

    event = AuditEvent.objects.order_by("-pk").first()
    assert event.action == Action.ACCOUNT_UPDATED
    assert event.data["changes"] == [
        ["name", "Staging", "Stage"],
        ["searchable", True, False],
        ["sharing_objects_accounts", [], [main.pk]],
    ]
    assert (fresh(sub).name, fresh(sub).version) == ("Stage", 2)


def test_a_list_keeps_the_order_it_was_given_in(main, sub):
    others = [ChildFactory(main=main) for _ in range(3)]
    orders = [others, others[::-1], [others[1], others[0]], [others[0], others[1]], []]

    for order in orders:
        lifecycle.edit_account(sub, by=BY, sharing_objects_accounts=order)
        assert listed("sharing_objects_accounts", [sub, main]) == {
            sub.pk: order,
            main.pk: [],
        }

    event = AuditEvent.objects.order_by("-pk").first()
    pks = [others[0].pk, others[1].pk]
    assert event.data["changes"] == [["sharing_objects_accounts", pks, []]]


def test_an_edit_of_nothing_leaves_no_trace(sub):
    before = events(sub)

    lifecycle.edit_account(
        sub, by=BY, name="Staging", version=1, sharing_objects_accounts=[]
    )

    assert events(sub) == before
    assert fresh(sub).version == 1


def test_an_edit_of_a_version_that_is_past_is_refused(sub):
    lifecycle.edit_account(sub, by=BY, name="Stage", version=1)

    with pytest.raises(Stale) as refusal:
        lifecycle.edit_account(sub, by=BY, name="Other", version=1)

    assert (refusal.value.code, refusal.value.status) == ("stale", 412)
    assert fresh(sub).name == "Stage"


def test_an_edit_that_does_not_add_up_changes_nothing(sub):
    with pytest.raises(RuleViolation):
        lifecycle.edit_account(sub, by=BY, name="Stage", max_daily_gb=10**6)

    assert fresh(sub).name == "Staging"


def test_suspending_stops_and_reactivating_starts(sub):
    by = UserFactory()
    actor = type(BY)(label=by.email, user=by)

    lifecycle.suspend_account(sub, by=actor, reason="Unpaid")
    lifecycle.suspend_account(sub, by=actor, reason="Again")
    suspended = fresh(sub)
    lifecycle.reactivate_account(sub, by=actor)
    lifecycle.reactivate_account(sub, by=actor)

    assert (suspended.state, suspended.suspension_reason) == ("suspended", "Unpaid")
    assert not suspended.is_running
    assert suspended.updated_by == by
    assert (fresh(sub).state, fresh(sub).suspension_reason) == ("active", "")
    assert events(sub)[-2:] == [Action.ACCOUNT_SUSPENDED, Action.ACCOUNT_REACTIVATED]


def test_deleting_is_soft_and_restorable(main, sub):
    lifecycle.delete_account(sub, by=BY)
    lifecycle.delete_account(sub, by=BY)
    gone = fresh(sub)
    lifecycle.restore_account(sub, by=BY)
    lifecycle.restore_account(sub, by=BY)

    assert (gone.state, gone.is_running) == ("deleted", False)
    assert fresh(sub).state == "active"
    assert events(sub)[-2:] == [Action.ACCOUNT_DELETED, Action.ACCOUNT_RESTORED]


def test_a_restore_after_30_days_is_too_late(sub):
    lifecycle.delete_account(sub, by=BY)
    long_ago = timezone.now() - timedelta(days=30, minutes=1)
    Account.objects.filter(pk=sub.pk).update(deleted_at=long_ago)

    with pytest.raises(RuleViolation, match="can be restored for 30 days"):
        lifecycle.restore_account(sub, by=BY)


def test_a_restore_needs_its_name_back(main, sub):
    lifecycle.delete_account(sub, by=BY)
    ChildFactory(main=main, name="Staging")

    with pytest.raises(RuleViolation, match="already has a sub account named Staging"):
        lifecycle.restore_account(sub, by=BY)

    assert fresh(sub).state == "deleted"


@pytest.mark.django_db
def test_a_restore_needs_its_place_back():
    main = MainFactory(max_sub_accounts=1)
    sub = ChildFactory(main=main)
    lifecycle.delete_account(sub, by=BY)
    ChildFactory(main=main)

    with pytest.raises(RuleViolation, match="all of them are in use"):
        lifecycle.restore_account(sub, by=BY)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lifecycle.suspend_account, "The main account cannot be suspended."),
        (lifecycle.delete_account, "The main account cannot be deleted."),
    ],
)
def test_the_main_account_stays(main, action, message):
    with pytest.raises(RuleViolation) as refusal:
        action(main, by=BY)

    assert refusal.value.message == message


def test_children_know_their_main_account(main, sub):
    assert sub.main == main.main == main
