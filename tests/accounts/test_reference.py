"""The OpenAPI document and the reference page: who gets them, and what is on the page."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from config.api import api
from tests.api.v1.problems import problem
from tests.factories import TokenFactory
from tokens.kinds import Kind

FORBIDDEN = problem(403, "forbidden", "Forbidden")
NOT_ALLOWED = problem(405, "method_not_allowed", "Method Not Allowed")
PAGES = ("api_document", "api_reference")
each_page = pytest.mark.parametrize("name", PAGES)


@pytest.fixture
def page(client, admin):
    """The text of the page, narrowed by words."""
    client.force_login(admin)
    address = reverse("api_reference")

    def fetch(words=""):
        return client.get(address, {"q": words}).content.decode()

    return fetch


@each_page
@pytest.mark.parametrize("who", ["admin", "member", "sub_admin", "outsider", "staff"])
def test_everybody_with_a_login_gets_it(client, request, name, who):
    client.force_login(request.getfixturevalue(who))

    assert client.get(reverse(name)).status_code == 200


@each_page
def test_nobody_is_led_to_the_login(client, db, name):
    address = reverse(name)

    plain = client.get(address)
    swapped = client.get(address, headers={"HX-Request": "true"})

    assert plain.status_code == 302
    assert plain["Location"] == f"/login/?next={address}"
    assert (swapped.status_code, "HX-Redirect" in swapped) == (401, True)


@each_page
def test_working_api_tokens_get_it_and_no_others(client, main, name):
    text = TokenFactory(account=main).secret_text
    gateway = TokenFactory(account=None, kind=Kind.GATEWAY).secret_text
    sent = [
        {"X-API-TOKEN": text},
        {"Authorization": f"Bearer {text}"},
        {"X-API-TOKEN": gateway},
        {"Authorization": f"Bearer {gateway}"},
        {"X-API-TOKEN": "nonsense"},
    ]

    answers = [client.get(reverse(name), headers=headers) for headers in sent]

    assert [each.status_code for each in answers] == [200, 200, 401, 401, 401]
    assert answers[2].json() == {"message": "Send an API token that works, or log in."}


@each_page
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE"])
def test_it_can_only_be_read(client, admin, name, method):
    client.force_login(admin)

    assert client.generic(method, reverse(name)).status_code == 405


@each_page
def test_it_travels_compressed(client, admin, name):
    client.force_login(admin)

    response = client.get(reverse(name), headers={"Accept-Encoding": "gzip"})

    assert response["Content-Encoding"] == "gzip"
    assert {"Cookie", "X-API-TOKEN"} <= {*response["Vary"].split(", ")}


def test_document_is_the_one_of_the_api(client, admin):
    client.force_login(admin)

    response = client.get(reverse("api_document"))

    assert response["Content-Type"] == "application/json"
    assert response.json() == json.loads(json.dumps(api.get_openapi_schema()))


@pytest.mark.parametrize("strict", [True, False])
def test_document_that_is_not_to_be_had_is_a_problem(admin, strict):
    client = Client(enforce_csrf_checks=strict)
    client.force_login(admin)

    response = client.post(reverse("api_document"))

    answer = FORBIDDEN if strict else NOT_ALLOWED
    assert response["Content-Type"] == "application/problem+json"
    assert (response.status_code, response.json()) == answer
    assert client.get("/api/openapi.json/").status_code == 200


def test_page_tells_of_every_operation(page):
    text = page()

    for methods in api.get_openapi_schema()["paths"].values():
        for said in methods.values():
            assert f'href="#{said["operationId"].replace("_", "-")}"' in text
            assert f'id="{said["operationId"].replace("_", "-")}"' in text
    assert text.count("<article") == text.count("<figcaption>Request") > 80
    assert "curl -X POST http://127.0.0.1:8000/v1/log-shipping/tokens" in text


def test_page_says_which_permissions_tokens_never_have(page):
    text = " ".join(page("/api/v1/tokens/{id}/").split())

    assert "<code>api.rotate</code> only people" in text
    assert "<code>api.disable</code> only itself" in text
    assert "<code>ship.rotate</code>." in text


def test_page_says_what_fields_mean_and_take(page):
    text = " ".join(page("POST /api/v1/accounts/{id}/tokens").split())
    found = " ".join(page("GET /api/v1/tokens/{id}").split())

    assert "<summary>shared</summary>" in text
    assert "<code>name</code> <small>string, <strong>required</strong>" in text
    assert "<code>overlap_until</code> <small>time or null</small>" in found
    assert "<code>unit</code> <small>string, one of hour, day, day without it<" in found
    assert "<code>series</code> <small>list of objects</small>" in found
    assert "at least 1, at most 2147483647" not in found


def test_page_shows_each_way_of_a_body_and_an_answer(page):
    text = page()

    assert "-d token=tgl_" in text
    assert "JSON, one object on each line" in text
    assert "a list</small>" in text
    assert "without a body" in text
    assert "other spelling" in text
    assert "&quot;code&quot;: &quot;unauthorized&quot;" in text


def test_page_leads_nowhere_that_is_not_on_it(page):
    text = page()
    ids = {each.partition('"')[0] for each in text.split(' id="')[1:]}
    anchors = {each.partition('"')[0] for each in text.split('href="#')[1:]}

    assert anchors <= ids


def test_page_is_narrowed_by_words(page):
    text = page("rotate")

    assert 'id="own-token-rotate"' in text
    assert "log-token-create" not in text
    assert 'id="start"' not in text
    assert 'value="rotate"' in text


def test_page_looks_for_all_words_in_method_and_path(page):
    assert 'id="filter-create"' in page("POST shared-tokens filters")


def test_page_says_that_nothing_was_found(page):
    text = page("<nothing>")

    assert "No operation has these words" in text
    assert "&lt;nothing&gt;" in text


def test_page_is_linked_from_the_account(client, admin, main):
    client.force_login(admin)

    text = client.get(reverse("accounts:general", args=[main.pk])).content.decode()

    assert f'href="{reverse("api_reference")}"' in text
