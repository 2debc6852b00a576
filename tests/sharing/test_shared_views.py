import pytest
from django.core.exceptions import ValidationError

from accounts.models import AccountKind, Action, AuditEvent
from accounts.rule_violations import Gone, RuleViolation, Stale
from sharing.models import SharedView
from sharing.models import dashboards as rules
from sharing.models.dashboards import check_address
from tests.factories import BY, ChildFactory, SharedViewFactory, ShareFactory

GRAFANA = "https://grafana.acme.example/d/abc?orgId=1&from=now-6h#panel"


def titles(account):
    return [view.title for view in account.shared_views.all()]


def told(action):
    event = AuditEvent.objects.get(action=action)
    return event.target, event.data


@pytest.fixture
def three(main):
    return [SharedViewFactory(account=main, title=title) for title in "ABC"]


def test_views_stand_in_the_order_they_were_added(main, three):
    SharedViewFactory(title="of another account")

    assert titles(main) == ["A", "B", "C"]


def test_add_is_told_with_its_address(main):
    view = SharedView.add(account=main, title="Board", address=GRAFANA, by=BY)

    assert told(Action.VIEW_CREATED) == (
        "Board",
        {"view_id": view.pk, "address": GRAFANA},
    )
    assert view.created_by == BY.author


def test_an_account_has_a_bounded_number(main, three, monkeypatch):
    monkeypatch.setattr(rules, "MOST_DASHBOARDS", 3)

    with pytest.raises(RuleViolation, match="at most 3 shared views"):
        SharedViewFactory(account=main)

    three[0].remove(by=BY)
    SharedViewFactory(account=main, title="D")
    assert titles(main) == ["B", "C", "D"]


def test_an_account_without_logs_has_none(main):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)

    with pytest.raises(RuleViolation, match="A Metrics account has no links"):
        SharedViewFactory(account=metrics)


@pytest.mark.parametrize(
    ("which", "places", "order"),
    [
        (2, -1, "ACB"),
        (0, 1, "BAC"),
        (0, 2, "BCA"),
        (2, -9, "CAB"),
        (0, -1, "ABC"),
        (2, 1, "ABC"),
    ],
)
def test_move(main, three, which, places, order):
    three[which].move(places, by=BY)

    assert titles(main) == list(order)
    moves = AuditEvent.objects.filter(action=Action.VIEW_MOVED)
    assert moves.exists() == (order != "ABC")


def test_a_move_is_told_as_people_count(three):
    three[2].move(-2, by=BY)

    assert told(Action.VIEW_MOVED) == (
        "C",
        {"view_id": three[2].pk, "changes": [["position", 3, 1]]},
    )


def test_edit_tells_what_changed(three):
    view = three[0]
    before = view.address

    view.edit(title="A", address=GRAFANA, by=BY, version=1)

    assert told(Action.VIEW_UPDATED)[1]["changes"] == [["address", before, GRAFANA]]
    assert SharedView.objects.get(pk=view.pk).version == 2


def test_edit_without_a_change_tells_nothing(three):
    three[0].edit(title="A", address=three[0].address, by=BY)

    assert not AuditEvent.objects.filter(action=Action.VIEW_UPDATED).exists()


@pytest.mark.parametrize("change", ["edit", "remove"])
def test_second_writer_is_refused(three, change):
    three[0].edit(title="Z", address=GRAFANA, by=BY)
    more = {"title": "Y", "address": GRAFANA} if change == "edit" else {}

    with pytest.raises(Stale):
        getattr(three[0], change)(by=BY, version=1, **more)


def test_what_is_gone_is_not_moved(main, three):
    view = SharedView.objects.get(pk=three[0].pk)
    three[0].remove(by=BY)

    with pytest.raises(Gone):
        view.move(1, by=BY)

    assert titles(main) == ["B", "C"]
    assert told(Action.VIEW_DELETED)[0] == "A"


@pytest.mark.parametrize(
    "address",
    [
        GRAFANA,
        "http://grafana:3000/",
        "HTTPS://dashboards.acme.example/app/dashboards#/view/7d?_g=(a:!t)",
        "https://[2001:db8::7]:8443/perses",
        "https://xn--mnchen-3ya.example/vmui/?#/?query=*",
        "https://münchen.example/übersicht",
    ],
)
def test_an_address_of_the_web_is_taken(address):
    check_address(address)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("javascript:alert(1)", "whole address"),
        ("data:text/html,x", "whole address"),
        ("//grafana.example/d/1", "whole address"),
        ("/d/1", "whole address"),
        ("grafana.example", "whole address"),
        ("ftp://grafana.example", "whole address"),
        ("https://", "whole address"),
        ("https:///d/1", "whole address"),
        ("https://:443/", "whole address"),
        ("https://grafana.example:port/", "whole address"),
        ("https://grafana.example:99999/", "whole address"),
        ("https://[2001:db8::7/", "whole address"),
        ("https://grafana.example/a b", "spaces"),
        ("https://grafana.example/a\u00a0b", "spaces"),
        ("https://grafana.example\\@evil.example/", "backslashes"),
        ("https://user:pass@grafana.example/", "Leave passwords"),
        ("https://@grafana.example/", "Leave passwords"),
    ],
)
def test_any_other_address_is_not(address, why):
    with pytest.raises(ValidationError, match=why):
        check_address(address)


def test_an_address_holds_no_token(main):
    secret = ShareFactory(account=main).secret_text

    with pytest.raises(ValidationError, match="Leave passwords and tokens out"):
        check_address(f"https://grafana.example/d/1?shareToken={secret}")


def test_a_guest_sees_where_a_view_leads():
    view = SharedView(address="https://grafana.acme.example:3000/d/abc?x=1")

    assert view.host == "grafana.acme.example:3000"
