from datetime import timedelta

import pytest
from django.db import IntegrityError

from accounts.audit.trail import verify as verify_chain
from accounts.models import Action, AuditChain, AuditEvent
from accounts.rule_violations import RuleViolation, Stale
from tests.factories import BY, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token
from tokens.permissions import Use
from tokens.verification import verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway():
    return TokenFactory(account=None, kind=Kind.GATEWAY, name="Edge")


def test_gateway_token_belongs_to_nobody_and_asks(gateway):
    assert (gateway.account, gateway.organisation) == (None, None)
    assert verify(gateway.secret_text, Use.ASK) == gateway


def test_gateway_token_lives_like_any_other(gateway):
    gateway.rename("Edge 2", by=BY)
    fresh = gateway.rotate(by=BY, overlap=timedelta(hours=1))

    assert verify(gateway.secret_text, Use.ASK) == gateway
    assert verify(fresh.reveal(), Use.ASK) == gateway
    assert gateway.reveal(by=BY) == fresh
    gateway.finish_rotation(by=BY)
    assert verify(gateway.secret_text, Use.ASK) is None
    gateway.disable(by=BY)
    assert verify(fresh.reveal(), Use.ASK) is None
    gateway.enable(by=BY)
    gateway.delete_softly(by=BY)
    gateway.restore(by=BY)
    assert verify(fresh.reveal(), Use.ASK) == gateway


def test_gateway_events_are_in_the_chain_of_the_installation(gateway):
    gateway.disable(by=BY)

    actions = AuditEvent.objects.filter(organisation=None).values_list("action")
    chain = AuditChain.objects.get(organisation=None)
    assert sorted(actions) == [(Action.TOKEN_CREATED,), (Action.TOKEN_DISABLED,)]
    assert verify_chain(chain) is None


def test_installation_has_one_chain(gateway):
    with pytest.raises(IntegrityError):
        AuditChain.objects.create(organisation=None)


def test_two_gateway_tokens_share_no_name(gateway):
    with pytest.raises(RuleViolation, match="already a token named edge"):
        TokenFactory(account=None, kind=Kind.GATEWAY, name="edge")


def test_database_knows_that_gateway_names_are_unique(gateway):
    other = TokenFactory(account=None, kind=Kind.GATEWAY, name="Other")

    with pytest.raises(IntegrityError):
        Token.objects.filter(pk=other.pk).update(name_key="edge")


def test_gateway_change_of_an_old_version_is_stale(gateway):
    gateway.rename("Edge 2", by=BY, version=1)

    with pytest.raises(Stale):
        gateway.rename("Edge 3", by=BY, version=1)


def test_token_knows_the_organisation_of_its_account(sub):
    token = TokenFactory(account=sub)

    assert token.organisation_id == sub.organisation_id
