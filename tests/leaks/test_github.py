"""Reports that GitHub has signed, and what passes for one."""

import base64
import io
import json
import time
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from leaks import github
from leaks.models import Leak
from tokens.kinds import Kind
from tokens.secrets import make

KEY = ec.generate_private_key(ec.SECP256R1())


def published(**private_keys):
    rows = [
        {"key_identifier": name, "key": pem_of(key), "is_current": True}
        for name, key in private_keys.items()
    ]
    return json.dumps({"public_keys": rows})


def pem_of(key):
    public = key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(autouse=True)
def keys_file(settings, tmp_path):
    """A copy of GitHub's keys, as an operator without the internet has it."""
    file = tmp_path / "keys.json"
    file.write_text(published(one=KEY))
    settings.GITHUB_KEYS_URL = str(file)
    github.keys.forget()
    return file


def signed(body, key=KEY):
    return base64.b64encode(key.sign(body, ec.ECDSA(hashes.SHA256()))).decode()


def send(client, rows, *, identifier="one", signature=None):
    body = json.dumps(rows).encode()
    return client.post(
        "/leaks",
        body,
        content_type="application/json",
        headers={
            "GitHub-Public-Key-Identifier": identifier,
            "GitHub-Public-Key-Signature": signed(body)
            if signature is None
            else signature,
        },
    )


def test_what_github_signed_is_taken_and_told_apart(client, token):
    other = make(Kind.API).reveal()
    rows = [
        {
            "token": text,
            "type": "tollgate_token",
            "url": "https://github.com/x/y",
            "source": "content",
        }
        for text in (token.secret_text, other)
    ]
    answer = send(client, rows)

    assert answer.json() == [
        {"token_hash": hashed(text), "token_type": "tollgate_token", "label": label}
        for text, label in (
            (token.secret_text, "true_positive"),
            (other, "false_positive"),
        )
    ]
    leak = Leak.objects.get()
    assert (leak.found_by, leak.place) == (github.NAME, "https://github.com/x/y")


def hashed(text):
    return base64.b64encode(sha256(text.encode()).digest()).decode()


@pytest.mark.parametrize("extra", ["!", " ", "\u00e9"])
def test_a_signature_with_anything_else_in_it_is_none(client, token, extra):
    body = [{"token": token.secret_text}]
    good = signed(json.dumps(body).encode())

    answer = send(client, body, signature=good[:9] + extra + good[9:])

    assert answer.status_code == 400
    assert send(client, body, signature=good).status_code == 200


@pytest.mark.parametrize("name", [github.IDENTIFIER, github.SIGNATURE])
def test_half_a_signature_is_a_wrong_one(client, db, name):
    answer = client.post(
        "/leaks", b"[]", content_type="application/json", headers={name: "one"}
    )

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("identifier", "signature"),
    [
        ("one", "AAAA"),
        ("one", "not base64!"),
        ("one", ""),
        pytest.param("one", signed(b"another body"), id="of another body"),
        ("", None),
        ("two", None),
    ],
)
def test_a_wrong_signature_is_400(client, token, identifier, signature):
    rows = [{"token": token.secret_text}]
    answer = send(client, rows, identifier=identifier, signature=signature)

    assert answer.status_code == 400
    assert "message" in answer.json()
    assert Leak.objects.count() == 0


def test_no_key_is_named_by_nothing(client, db, keys_file):
    keys_file.write_text(published(x=KEY))
    headers = {github.SIGNATURE: signed(b"[]")}

    answer = client.post(
        "/leaks", b"[]", content_type="application/json", headers=headers
    )

    assert answer.status_code == 400


def test_a_key_that_nobody_can_read_keeps_no_other_from_signing(client, db, keys_file):
    # The number of a curve that there is none of, in place of P-256's.
    der = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    p256 = bytes.fromhex("2a8648ce3d030107")
    body = base64.b64encode(der.replace(p256, p256[:-1] + b"\x7f")).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"
    keys = json.loads(published(one=KEY))
    keys["public_keys"].append({"key_identifier": "odd", "key": pem})
    keys_file.write_text(json.dumps(keys))

    assert send(client, []).status_code == 200
    assert send(client, [], identifier="odd").status_code == 400


def test_github_is_told_of_a_text_that_is_none(client, db):
    (told,) = send(client, [{"token": "\ud800"}]).json()

    assert (told["token_hash"], told["label"]) == (hashed("?"), "false_positive")


def test_keys_of_another_curve_or_kind_sign_nothing(client, token, keys_file):
    other = ec.generate_private_key(ec.SECP384R1())
    keys_file.write_text(
        published(one=KEY, two=other, three=ed25519.Ed25519PrivateKey.generate())
    )
    rows = [{"token": token.secret_text}]

    assert send(client, rows, identifier="two").status_code == 400
    assert send(client, rows, identifier="three").status_code == 400
    assert send(client, rows).status_code == 200


@pytest.mark.parametrize("text", [None, "{", "[]", '{"public_keys": [{}]}'])
def test_while_the_keys_cannot_be_read_github_is_asked_to_try_again(
    client, db, keys_file, text
):
    keys_file.unlink() if text is None else keys_file.write_text(text)
    answer = send(client, [])

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_a_new_key_is_looked_for_but_not_at_every_request(
    client, db, keys_file, monkeypatch
):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert send(client, []).status_code == 200
    keys_file.write_text(published(two=KEY))
    assert send(client, [], identifier="two").status_code == 400

    now += 30
    assert send(client, [], identifier="two").status_code == 400
    now += 1
    assert send(client, [], identifier="two").status_code == 200
    # The one that is not published any more is not known any more.
    assert send(client, [], identifier="one").status_code == 400


def test_keys_are_read_again_after_an_hour(client, db, keys_file, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert send(client, []).status_code == 200
    keys_file.write_text(published(two=KEY))

    now += 3600
    assert send(client, []).status_code == 200
    now += 1
    assert send(client, []).status_code == 400


def test_keys_are_fetched_from_an_address(client, db, settings, monkeypatch):
    asked = []

    def urlopen(address, timeout):
        asked.append((address, timeout))
        return io.BytesIO(published(one=KEY).encode())

    monkeypatch.setattr(github.urllib.request, "urlopen", urlopen)
    settings.GITHUB_KEYS_URL = "https://keys.example.com/"

    assert send(client, []).json() == []
    assert asked == [("https://keys.example.com/", 3.0)]


@pytest.mark.parametrize(("length", "status"), [(1024**2, 200), (1024**2 + 1, 503)])
def test_keys_take_a_megabyte_at_most(
    client, db, settings, monkeypatch, length, status
):
    body = published(one=KEY)[:-1].encode().ljust(length - 1) + b"}"
    monkeypatch.setattr(
        github.urllib.request, "urlopen", lambda *_, timeout: io.BytesIO(body)
    )
    settings.GITHUB_KEYS_URL = "https://keys.example.com/"

    assert send(client, []).status_code == status
