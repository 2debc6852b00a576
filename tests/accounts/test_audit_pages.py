"""The audit trail: what it shows, to whom, and how it is narrowed."""

from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.urls import reverse

from accounts.audit.trail import Actor, record
from accounts.forms.audit import AuditForm, grouped_actions
from accounts.models import Action, AuditEvent
from accounts.web.pagination import paginate
from tests.factories import TokenFactory

HOSTILE = [
    "\x00",
    "x" * 5000,
    "-1",
    "0",
    "99999999999999999999",
    "1e5",
    "' OR 1=1 --",
    "<script>",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "2026-02-30T10:00",
    "2026-01-01T00:00+99:99",
    "٣",
]
CURSOR = "WyJuZXh0IiwgIi1pZCIsICI5OTk5OTk5OTk5OTk5OTk5OTk5OTkiLCAxXQ"


def read(client, account, **asked):
    return client.get(reverse("accounts:audit_list", args=[account.pk]), asked)


def shown(response):
    return [event.action for event in response.context["page"]]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("admin", 200),
        ("member", 403),
        ("sub_admin", 404),
        ("outsider", 404),
        ("staff", 200),
    ],
)
def test_trail_answers_each_person(client, main, request, who, status):
    client.force_login(request.getfixturevalue(who))

    assert read(client, main).status_code == status


def test_main_account_shows_the_organisation_and_a_child_only_itself(
    client, trail, sub, sub_admin, admin, outsider
):
    client.force_login(admin)
    organisation = shown(read(client, trail))
    client.force_login(sub_admin)
    child = shown(read(client, sub))

    assert Action.ACCOUNT_UPDATED in organisation
    assert Action.TOKEN_EXPIRY_CHANGED in organisation
    assert Action.ACCOUNT_UPDATED in child
    assert Action.TOKEN_EXPIRY_CHANGED not in child


@pytest.mark.parametrize("count", [1, 3])
def test_trail_query_count_does_not_grow(
    client, main, admin, count, django_assert_num_queries
):
    for _ in range(count):
        TokenFactory(account=main)
    client.force_login(admin)
    read(client, main)

    with django_assert_num_queries(7):
        response = read(client, main, what=Action.TOKEN_CREATED)

    assert response.text.count('<tr id="event-') == count + 1


def test_trail_shows_old_and_new(client, trail, admin):
    client.force_login(admin)

    text = read(client, trail).text

    assert "<del><bdi>7</bdi></del>" in text
    assert "<ins><bdi>14</bdi></ins>" in text
    assert "<ins><bdi>no</bdi></ins>" in text
    assert "<ins><bdi>Mon 23 Nov 2026 14:00 UTC</bdi></ins>" in text
    assert "<dt>Reason</dt>" not in text
    assert "<dt>Hours</dt>" in text
    assert "Browser/1" in text


def test_lists_in_changes_are_words(main):
    event = AuditEvent(data={"changes": [["filters", ["a", "b"], []]]})

    assert event.changes == [("Filters", "a, b", "none")]


def test_trail_is_filtered_by_several_people(client, trail, admin):
    client.force_login(admin)

    by_one = shown(read(client, trail, who="Terraform"))
    by_two = shown(read(client, trail, who=["Terraform", "nobody"]))
    by_person = shown(read(client, trail, who=admin.email))

    assert by_one == [Action.TOKEN_EXPIRY_CHANGED]
    assert by_two == [Action.LOGIN_FAILED, Action.TOKEN_EXPIRY_CHANGED]
    assert Action.ACCOUNT_UPDATED in by_person
    assert Action.LOGIN_FAILED not in by_person


def test_trail_is_filtered_by_several_actions_and_by_token(client, trail, admin):
    client.force_login(admin)

    actions = read(client, trail, what=[Action.ACCOUNT_UPDATED, Action.LOGIN_FAILED])
    token = read(client, trail, token=5)

    assert shown(actions) == [Action.LOGIN_FAILED, Action.ACCOUNT_UPDATED]
    assert shown(token) == [Action.TOKEN_EXPIRY_CHANGED]


def test_trail_is_filtered_by_time_in_the_viewers_zone(client, trail, admin):
    moment = AuditEvent.objects.get(action=Action.ACCOUNT_UPDATED)
    AuditEvent.objects.filter(pk=moment.pk).update(created_at="2020-06-01T12:00Z")
    client.force_login(admin)
    client.cookies["tollgate_zone"] = "Asia/Kathmandu"

    inside = read(client, trail, since="2020-06-01T17:45", until="2020-06-01T17:45")
    outside = read(client, trail, until="2020-06-01T17:44")

    assert shown(inside) == [Action.ACCOUNT_UPDATED]
    assert shown(outside) == []
    assert "Nothing matches the filter" in outside.text
    assert 'value="2020-06-01T17:45"' in inside.text


each_field = pytest.mark.parametrize(
    "field", ["who", "what", "token", "since", "until", "cursor"]
)


@each_field
def test_trail_takes_any_filter(trail, field):
    for value in (*HOSTILE, CURSOR):
        asked = QueryDict(urlencode({field: value}))
        form = AuditForm(asked, account=trail)
        events = form.narrow(AuditEvent.objects.of_account(trail))

        page = paginate(events, "-id", asked.get("cursor", ""))

        assert form.is_valid() or page.items == [], value


@each_field
@pytest.mark.parametrize("value", ["<script>", "\x00"])
def test_page_and_export_take_any_filter(client, trail, admin, field, value):
    client.force_login(admin)
    export = reverse("accounts:audit_export", args=[trail.pk])

    response = read(client, trail, **{field: value})
    download = client.post(f"{export}?{urlencode({field: value})}")

    assert response.status_code == 200
    assert download.status_code in (200, 302)
    assert "<script>" not in response.text.replace("<script ", "")


def test_wrong_filter_shows_nothing_and_says_so(client, trail, admin):
    client.force_login(admin)

    response = read(client, trail, since="yesterday", what="nonsense")

    assert shown(response) == []
    assert "The filter is not right yet" in response.text
    assert response.text.count("errorlist") == 2


def test_trail_pages_newest_first(client, main, admin):
    for number in range(30):
        record(Action.LOGIN, by=Actor("nobody"), account=main, target=str(number))
    client.force_login(admin)

    first = read(client, main)
    second = read(client, main, cursor=first.context["page"].next)
    back = read(client, main, cursor=second.context["page"].previous)

    ids = [event.pk for page in (first, second) for event in page.context["page"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) > 30
    assert [e.pk for e in back.context["page"]] == ids[:25]
    # What a filter leaves of a long trail is not counted.
    assert "<span>1–25</span>" in first.text
    assert f"<span>26–{len(ids)} of {len(ids)}</span>" in second.text
    assert "Older" in first.text
    assert "Newer" in second.text


def test_empty_trail_says_what_comes_here(client, trail, sub, admin):
    AuditEvent.objects.all().delete()
    client.force_login(admin)

    assert "Nothing has happened yet" in read(client, sub).text


def test_people_of_the_account_are_offered(client, main, sub, admin, sub_admin):
    client.force_login(admin)
    of_main = read(client, main, who="Terraform").context["form"].fields["who"].choices
    of_sub = read(client, sub).context["form"].fields["who"].choices

    assert [value for value, _ in of_main] == [
        "Terraform",
        admin.email,
        sub_admin.email,
    ]
    assert [value for value, _ in of_sub] == [sub_admin.email]


def test_every_action_can_be_asked_for():
    offered = [value for _, choices in grouped_actions() for value, _ in choices]

    assert sorted(offered) == sorted(Action.values)
