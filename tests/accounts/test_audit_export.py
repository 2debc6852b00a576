"""The audit trail as a file: who gets it, and what is in it."""

import csv
import io
import json

import pytest
from django.urls import reverse

from accounts.models import Action, AuditEvent
from accounts.web.exports import csv_response
from tests.factories import UserFactory


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("admin", 200),
        ("member", 403),
        ("sub_admin", 404),
        ("outsider", 404),
        ("staff", 403),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_export_answers_each_person(client, main, request, who, status, method):
    client.force_login(request.getfixturevalue(who))
    url = reverse("accounts:audit_export", args=[main.pk])

    assert getattr(client, method)(url).status_code == status


def export(client, account, **asked):
    url = reverse("accounts:audit_export", args=[account.pk])
    return client.post(url, query_params=asked)


def rows(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_export_has_every_field_in_utc(client, trail, admin):
    client.force_login(admin)
    client.cookies["tollgate_zone"] = "Asia/Kathmandu"

    response = export(client, trail, what=Action.ACCOUNT_UPDATED)

    event = AuditEvent.objects.get(action=Action.ACCOUNT_UPDATED)
    (row,) = rows(response)
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Disposition"].endswith('.csv"')
    assert row["time"] == event.created_at.isoformat()
    assert row["actor"] == admin.email
    assert row["address"] == "203.0.113.7"
    assert row["account"] == "Staging"
    assert json.loads(row["details"]) == event.data
    assert bytes.fromhex(row["digest"]) == bytes(event.digest)


def test_export_defuses_formulas(client, trail, admin):
    client.force_login(admin)

    (row,) = rows(export(client, trail, token=5))

    assert row["target"] == "'=cmd|' /C calc'!A0"
    assert row["actor"] == "Terraform"


def written(*cells):
    """Return what a spreadsheet reads of a column of cells."""
    response = csv_response("x.csv", ["a"], [[cell] for cell in cells])
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]


@pytest.mark.parametrize(
    "before", ["", " ", "  ", "\u3000", "\u00a0", "\ufeff", "\u200b"]
)
@pytest.mark.parametrize("start", "=+-@|＝＋－＠｜﹦﹢﹣﹫")
def test_every_start_of_a_formula_is_defused(before, start):
    assert written(f"{before}{start}1", None) == [f"'{before}{start}1", ""]


@pytest.mark.parametrize("start", ["\t", "\r", "\n", " \t", "\u3000\r"])
def test_a_cell_that_begins_with_a_break_is_defused(start):
    assert written(f"{start}1") == [f"'{start}1"]


@pytest.mark.parametrize(
    "text", ["a=1", "７", " x", "", "\u3000", "1-2", "é@example.com"]
)
def test_other_cells_are_as_they_were(text):
    assert written(text) == [text]


def test_a_file_says_that_it_is_utf_8():
    response = csv_response("x.csv", ["token"], [["tga_9f3kA1Zk…x2Qp"]])

    text = b"".join(response.streaming_content)
    assert text == b"\xef\xbb\xbftoken\r\n" + "tga_9f3kA1Zk…x2Qp\r\n".encode()


def test_export_is_written_down_first(client, trail, admin):
    client.force_login(admin)

    found = rows(export(client, trail, who="nobody"))

    event = AuditEvent.objects.get(action=Action.AUDIT_EXPORTED)
    assert [row["action"] for row in found] == [Action.LOGIN_FAILED]
    assert (event.user, event.data) == (admin, {"filters": "who=nobody"})


def test_export_page_says_what_leaves(client, trail, admin):
    client.force_login(admin)
    url = reverse("accounts:audit_export", args=[trail.pk])

    everything = client.get(url).text
    nothing = client.get(url, {"token": 999}).text

    assert "all events" in everything
    assert "match your filter" in nothing
    assert "Nothing matches" in nothing
    assert 'action="' + url + '?token=999"' in nothing
    assert not AuditEvent.objects.filter(action=Action.AUDIT_EXPORTED).exists()


def test_export_of_a_wrong_filter_goes_back_to_it(client, trail, admin):
    client.force_login(admin)

    response = export(client, trail, token="x")

    assert response.status_code == 302
    assert response.url.endswith("/audit/?token=x")


@pytest.mark.parametrize("method", ["get", "post"])
def test_export_asks_who_it_is(client, main, admin, method):
    admin.set_password("correct horse")
    admin.save()
    client.force_login(admin)
    url = reverse("accounts:audit_export", args=[main.pk])

    asked = getattr(client, method)(url)
    again = client.post(asked.url, {"password": "correct horse"})
    there = client.post(url)

    assert asked.url.startswith("/reauthenticate/?next=")
    assert again.status_code in (200, 302)
    assert there.status_code == 200
    assert there.streaming


def test_export_is_long_without_being_held(client, main, admin, settings):
    UserFactory.create_batch(3)
    client.force_login(admin)

    response = export(client, main)

    assert next(iter(response.streaming_content)).startswith(
        b"\xef\xbb\xbftime,action,title"
    )
    response.close()
