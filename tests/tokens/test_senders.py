from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import BY, TokenFactory
from tests.tokens.actions import HTMX, url
from tests.tokens.uses import current, page, use
from tokens.kinds import Kind
from tokens.models import BulkJob
from tokens.senders import DROPS, DROPS_SILENTLY, FILES, KEEPS, senders_among

PYTHON = "OTel-OTLP-Exporter-Python/1.45.2"
JAVASCRIPT = "OTel-OTLP-Exporter-JavaScript/0.223.1"


@pytest.mark.parametrize(
    ("agent", "name", "does"),
    [
        ("Prometheus/2.42.0+ds", "Prometheus", DROPS),
        (PYTHON, "OpenTelemetry for Python", DROPS),
        (JAVASCRIPT, "OpenTelemetry for JavaScript", DROPS),
        (f"shop/1.2 (beta) {JAVASCRIPT}", "OpenTelemetry for JavaScript", DROPS),
        ("NodeJS/2.5.0 logs", "logzio-nodejs", DROPS),
        ("logzio-python-handler-version-4.1.9-logs", "logzio-python-handler", FILES),
        ("animal-remote-writer/1.0", "prometheus-remote-writer", DROPS),
        ("collectd/5.12.0.git", "collectd", DROPS_SILENTLY),
        ("vmagent", "vmagent", KEEPS),
        ("syslog-ng 3.38.1/libcurl 7.88.1", "syslog-ng", KEEPS),
    ],
)
def test_sender_is_known_by_its_agent(agent, name, does):
    assert [(each.name, each.does) for each in senders_among([agent])] == [(name, does)]


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "node",
        "curl/8.16.0",
        "python-requests/2.32.5",
        "Fluent-Bit",
        "Vector/0.50.0",
        "Grafana Alloy/v1.11.0 (linux; docker)",
        "OpenTelemetry Collector Contrib/0.140.0 (linux/amd64)",
        "my-Prometheus/1",
        "vmagent-wrapper",
        f"{PYTHON} grpc-python/1.76.0 grpc-c/51.0.0 (linux; chttp2)",
        f"{JAVASCRIPT} grpc-node-js/1.14.1",
    ],
)
def test_who_was_not_tried_is_no_known_sender(agent):
    assert senders_among([agent]) == []


@pytest.fixture
def token(db, main):
    token = TokenFactory(account=main, name="Shipper", kind=Kind.LOGS)
    for agent in ("vmagent", "Prometheus/3.8.0", "Prometheus/3.7.1", "curl/8"):
        use(token, caller=("192.0.2.1", agent))
    return token


def lines(html):
    """Return what the page says of senders, as bare text."""
    items = html.split('<li data-loses="')[1:]
    return [
        item.split("<strong>")[1].split("</span>")[0].replace("</strong>", "")
        for item in items
    ]


PROMETHEUS, VMAGENT = f"Prometheus {DROPS}", f"vmagent {KEEPS}"


@pytest.mark.parametrize("headers", [None, HTMX])
@pytest.mark.parametrize("verb", ["delete", "disable"])
def test_dialog_says_what_senders_do_and_offers_a_rotation(
    as_admin, token, verb, headers
):
    html = as_admin.get(url(verb, token), headers=headers).content.decode()

    assert lines(html) == [PROMETHEUS, VMAGENT]
    assert f'<a href="{url("rotate", token)}"' in html
    assert "Rotate with an overlap instead</a>, and nothing is lost." in html
    assert "4 by 4 callers from 1 address" in html


def test_dialog_of_a_rotation_says_what_an_overlap_saves(as_admin, token):
    html = as_admin.get(url("rotate", token)).content.decode()

    assert lines(html) == [PROMETHEUS, VMAGENT]
    assert "With an overlap nothing is lost while they move." in html
    assert "instead" not in html


def test_nothing_is_offered_where_nothing_is_lost(as_admin, main):
    token = TokenFactory(account=main, kind=Kind.LOGS)
    use(token, caller=("192.0.2.1", "vmagent"))

    for verb in ("delete", "rotate"):
        html = as_admin.get(url(verb, token)).content.decode()

        assert lines(html) == [VMAGENT]
        assert "nothing is lost" not in html


def test_staff_who_cannot_rotate_are_offered_no_rotation(client, staff, token):
    client.force_login(staff)

    html = client.get(url("disable", token)).content.decode()

    assert lines(html) == [PROMETHEUS, VMAGENT]
    assert "nothing is lost" not in html


def test_who_asks_for_data_is_no_sender(as_admin, main):
    token = TokenFactory(account=main, kind=Kind.API)
    use(token, caller=("192.0.2.1", "Prometheus/3.8.0"))

    html = as_admin.get(url("delete", token)).content.decode()

    assert lines(html) == []
    assert "What its senders do" not in html


def test_who_is_still_on_the_old_secret_is_told_of_before_the_rotation_ends(
    as_admin, token
):
    old = current(token)
    use(token, caller=("192.0.2.9", "collectd/5.12.0"), secret=old)
    token.rotate(by=BY, overlap=timedelta(hours=1))
    use(token, caller=("192.0.2.1", "Prometheus/3.8.0"), secret=current(token))
    use(token, caller=("192.0.2.9", "collectd/5.12.0"), secret=old)

    html = as_admin.get(page(token)).content.decode()

    assert lines(html) == [f"collectd {DROPS_SILENTLY}"]


@pytest.mark.parametrize(
    ("action", "advice"), [("disable", False), ("delete", False), ("rotate", True)]
)
def test_bulk_preview_says_what_senders_of_all_its_tokens_do(
    as_admin, admin, main, token, action, advice
):
    other = TokenFactory(account=main, kind=Kind.LOGS)
    use(other, caller=("192.0.2.1", "collectd/5.12.0"))
    TokenFactory(account=main, kind=Kind.LOGS)
    job = BulkJob.prepare([token, other], account=main, user=admin, action=action)

    page = as_admin.get(reverse("tokens:bulk_job", args=[main.pk, job.pk]))

    html = page.content.decode()
    assert lines(html) == [PROMETHEUS, f"collectd {DROPS_SILENTLY}", VMAGENT]
    assert ("With an overlap nothing is lost while they move." in html) == advice
