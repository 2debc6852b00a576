"""Forms that know beforehand what a policy asks for."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import BY, FilterFactory, ShareFactory, TokenFactory
from tests.tokens.policies.conftest import NOON
from tests.tokens.policies.test_pages import text_of
from tokens.bulk_preview import Preview
from tokens.forms.changes import RotateForm
from tokens.kinds import Kind
from tokens.models import BulkAction, BulkJob, Token
from tokens.policies import ends


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin)
    return client


def new(account, kind="api"):
    names = {"api": "tokens:api", "logs": "tokens:shipping", "shared": "sharing:list"}
    return reverse(names[kind], args=[account.pk], query={"new": 1})


def of(token, verb):
    return reverse(f"tokens:{verb}", args=[token.account_id, token.pk])


def choices(answer, name):
    """Return the values that a select or radio of a page offers."""
    html = answer.content.decode()
    select = re.search(rf'<select name="{name}".*?</select>', html, re.DOTALL)
    if select:
        return re.findall(r'<option value="(\w+)"', select[0])
    return re.findall(rf'<input type="radio" name="{name}" value="(\w+)"', html)


@pytest.mark.parametrize("kind", ["api", "logs"])
def test_presets_that_are_not_allowed_are_absent(as_admin, main, ask, kind):
    ask(kind, longest_days=45)

    answer = as_admin.get(new(main, kind))

    assert choices(answer, "expires_at") == ["7", "30", "45", "date"]
    html = answer.content.decode()
    assert "The policy allows 45 days at most." in html
    assert 'max="2027-01-06"' in html
    assert '<details class="more expiry" open>' in html


def test_without_a_policy_all_of_them_are_there(as_admin, main):
    answer = as_admin.get(new(main))

    assert choices(answer, "expires_at") == [
        *("never", "7", "30", "60", "90", "365", "date")
    ]
    assert 'name="note"' not in answer.content.decode()


def test_the_last_day_that_is_offered_is_taken(as_admin, main, ask):
    ask(Kind.API, longest_days=45)
    address = reverse("tokens:api_create", args=[main.pk])
    late = {"name": "CI", "expires_at": "date", "expires_on": "2027-01-07"}

    refused = as_admin.post(address, late)
    taken = as_admin.post(address, late | {"expires_on": "2027-01-06"})

    assert (refused.status_code, taken.status_code) == (422, 302)
    assert "at most 45 days ahead" in text_of(refused)


def test_a_note_is_asked_for_where_it_is_required(as_admin, main, ask):
    ask(Kind.API, note_required=True)
    address = reverse("tokens:api_create", args=[main.pk])

    bare = as_admin.post(address, {"name": "CI", "expires_at": "never"})
    noted = as_admin.post(
        address, {"name": "CI", "expires_at": "never", "note": "Deploys"}
    )

    assert 'name="note"' in as_admin.get(new(main)).content.decode()
    assert (bare.status_code, "Say what it is for." in text_of(bare)) == (422, True)
    assert noted.status_code == 302
    assert Token.objects.get(name="CI").note == "Deploys"


def test_networks_are_asked_for_where_they_are_required(as_admin, main, ask):
    ask(Kind.API, networks_required=True)
    address = reverse("tokens:api_create", args=[main.pk])

    anywhere = as_admin.post(address, {"name": "CI", "expires_at": "never"})
    kept = as_admin.post(
        address, {"name": "CI", "expires_at": "never", "networks": "203.0.113.0/24"}
    )

    page = as_admin.get(new(main)).content.decode()
    assert '<details class="more restrict" open>' in page
    assert "The policy asks for them." in page
    assert anywhere.status_code == 422
    assert "Say from where it is used." in text_of(anywhere)
    assert kept.status_code == 302
    assert Token.objects.get(name="CI").networks == "203.0.113.0/24"


def test_scopes_are_asked_for_where_they_are_required(as_admin, main, ask):
    ask(Kind.API, scopes_required=True)
    address = reverse("tokens:api_create", args=[main.pk])
    fields = {"name": "CI", "expires_at": "never"}

    page = as_admin.get(new(main))
    able = as_admin.post(address, fields | {"may": "everything"})
    unsaid = as_admin.post(address, fields)
    read = as_admin.post(address, fields | {"may": "read"})

    assert choices(page, "may") == ["read", "areas"]
    assert "allows no token that can do everything" in text_of(page)
    assert [each.status_code for each in (able, unsaid, read)] == [422, 422, 302]
    assert Token.objects.get(name="CI").scopes == "read"


def test_an_expiry_that_is_left_out_is_asked_for(as_admin, main, ask):
    ask(Kind.API, expiry_required=True)

    answer = as_admin.post(reverse("tokens:api_create", args=[main.pk]), {"name": "CI"})

    assert answer.status_code == 422
    assert "asks for an expiry" in text_of(answer)


def test_the_expiry_of_a_token_is_set_within_the_policy(as_admin, main, ask):
    token = TokenFactory(account=main)
    ask(Kind.API, longest_days=30)
    ask(Kind.LOGS, longest_days=30)

    answer = as_admin.get(of(token, "expiry"))
    default = as_admin.get(of(main.tokens.get(name="default"), "expiry"))

    assert choices(answer, "expires_at") == ["7", "30", "date"]
    # Of these an account needs one without an end.
    assert "never" in choices(default, "expires_at")


def test_a_rotation_offers_the_overlaps_that_are_long_enough(as_admin, main, ask):
    token = TokenFactory(account=main)
    assert choices(as_admin.get(of(token, "rotate")), "overlap") == [
        *("now", "1h", "24h", "7d")
    ]
    ask(Kind.API, least_overlap_hours=24)

    answer = as_admin.get(of(token, "rotate"))

    assert choices(answer, "overlap") == ["24h", "7d"]
    assert "The policy asks for an overlap of at least 24 hours." in text_of(answer)
    assert as_admin.post(of(token, "rotate"), {"overlap": "now"}).status_code == 422
    assert as_admin.post(of(token, "rotate"), {"overlap": "7d"}).status_code == 302


def test_an_overlap_is_refused_that_became_too_short_meanwhile(main, ask):
    token = TokenFactory(account=main)
    form = RotateForm({"overlap": "1h"}, token=token)
    assert form.is_valid()
    ask(Kind.API, least_overlap_hours=24)

    assert not form.rotate(by=BY)
    assert "at least 24 hours" in form.errors["overlap"][0]


def test_a_note_cannot_be_emptied_where_it_is_required(as_admin, main, ask):
    token = TokenFactory(account=main, note="CI")
    bare = TokenFactory(account=main)
    ask(Kind.API, note_required=True)

    answer = as_admin.post(of(token, "note"), {"note": ""})

    assert answer.status_code == 422
    assert "asks for a note" in text_of(answer)
    assert as_admin.post(of(bare, "note"), {"note": ""}).status_code == 302


def test_links_are_made_with_filters_and_a_note(as_admin, main, ask):
    payments = FilterFactory(account=main)
    ask(Kind.SHARED, filters_required=True, note_required=True, longest_days=7)

    answer = as_admin.get(new(main, "shared"))
    html = answer.content.decode()

    assert choices(answer, "expires_at") == ["1", "7", "date"]
    assert re.search(r'name="shows_everything"[^>]*disabled', html)
    assert "The policy asks for at least one filter." in html
    fields = {"name": "Board", "expires_at": "7", "note": "Payments"}
    address = reverse("sharing:create", args=[main.pk])
    wide = as_admin.post(address, fields | {"shows_everything": "on"})
    assert wide.status_code == 422
    first = as_admin.post(address, fields | {"filters": [payments.pk]})
    agreed = re.search(r'name="agreed" value="([^"]+)"', first.content.decode())[1]
    as_admin.post(address, fields | {"filters": [payments.pk], "agreed": agreed})
    assert Token.objects.get(name="Board").note == "Payments"


def test_a_link_that_shows_everything_can_be_edited_as_it_is(as_admin, main, ask):
    share = ShareFactory(account=main)
    ask(Kind.SHARED, filters_required=True, note_required=True)

    html = as_admin.get(
        reverse("sharing:edit", args=[main.pk, share.pk])
    ).content.decode()

    assert not re.search(r'name="shows_everything"[^>]*disabled', html)
    assert 'name="note"' not in html


def test_the_page_of_a_token_says_what_a_policy_has_against_it(
    as_admin, main, ask, clock
):
    token, fine = TokenFactory(account=main), TokenFactory(account=main, note="CI")
    assert 'id="policy"' not in as_admin.get(of(token, "page")).content.decode()
    ask(Kind.API, note_required=True)

    text = text_of(as_admin.get(of(token, "page")))
    assert "asks for a note: say what it is for. It was there before" in text
    assert 'id="policy"' not in as_admin.get(of(fine, "page")).content.decode()
    ask(Kind.API, note_required=True, ends_outside_at=NOON + timedelta(days=30))
    ends.carry_on()
    text = text_of(as_admin.get(of(token, "page")))
    assert "The policy disables it on 23 Dec" in text
    Token.objects.update(updated_at=NOON - timedelta(days=300))
    ask(Kind.API, unused_days=60)
    clock.shift(timedelta(minutes=6))
    ends.carry_on()
    text = text_of(as_admin.get(of(fine, "page")))
    assert "the policy disables it on 8 Dec" in text
    assert "unless it is used before" in text
    token.delete_softly(by=BY)
    assert 'id="policy"' not in as_admin.get(of(token, "page")).content.decode()


@pytest.mark.parametrize(("least", "offered"), [(24, "24h"), (100, "7d")])
def test_many_are_rotated_with_an_overlap_that_is_long_enough(
    as_admin, main, admin, ask, least, offered
):
    token = TokenFactory(account=main)
    ask(Kind.API, least_overlap_hours=least)
    job = BulkJob.prepare([token], account=main, user=admin, action=BulkAction.ROTATE)

    page = as_admin.get(reverse("tokens:bulk_job", args=[main.pk, job.pk]))

    checked = rf'name="overlap" value="{offered}"[^>]*checked'
    assert re.search(checked, page.content.decode())
    assert "Rotate 1 token" in text_of(page)


def test_what_is_outside_can_be_exported(as_admin, main, ask):
    TokenFactory(account=main, name="Bare")
    TokenFactory(account=main, name="Fine", note="CI")
    ask(Kind.API, note_required=True)
    query = {"finding": "outside-policy", "kind": "api"}

    listed = as_admin.get(reverse("tokens:health", args=[main.pk], query=query))
    answer = as_admin.post(reverse("tokens:all_export", args=[main.pk], query=query))

    assert "Bare" in text_of(listed)
    assert "Fine" not in text_of(listed)
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert "Bare" in lines[1]


@pytest.mark.parametrize(
    ("action", "rules", "chosen", "reason"),
    [
        (BulkAction.ROTATE, {"least_overlap_hours": 24}, {"overlap": "1h"}, "overlap"),
        (BulkAction.EXPIRY, {"longest_days": 30}, {"expires_at": None}, "an expiry"),
        (
            BulkAction.EXPIRY,
            {"longest_days": 30},
            {"expires_at": NOON + timedelta(days=31)},
            "at most 30 days",
        ),
    ],
)
def test_many_at_once_are_held_to_it(main, admin, ask, action, rules, chosen, reason):
    token = TokenFactory(account=main, expires_at=NOON + timedelta(days=5))
    ask(Kind.API, **rules)
    job = BulkJob.prepare([token], account=main, user=admin, action=action, **chosen)

    (_, foreseen), *_ = Preview(job).exceptions
    job.start(by=BY, size=1)
    job.run(10)

    assert reason in foreseen
    assert job.items.get().reason == foreseen
