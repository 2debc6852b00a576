"""Policies: what an organisation asks of its tokens, and what a change would affect."""

from datetime import datetime
from typing import Annotated

from django.http import HttpResponse
from pydantic import Field, create_model

from accounts.api.plumbing.guards import accounts_for, requires
from accounts.api.v1.fields import Flag, IfMatch, Moment, Resource, StrictBody, whole
from accounts.api.v1.routers import ROOT, changes, own_router, reads
from accounts.audit.trail import Actor
from accounts.permissions import Operation
from accounts.rule_violations import RuleViolation, Stale
from tokens.api.v1.answers import KindName
from tokens.api.v1.inventory import LISTING
from tokens.models.policies import TokenPolicy, policies_of
from tokens.policies.effect import effects_of
from tokens.policies.rules import POLICY_KINDS
from tokens.policies.saving import draft, save_policies, version_of

router = own_router("policies")

POLICIES = f"{ROOT}/policies"
Number = whole(1, 32_767)


class PolicyBody(StrictBody):
    """What is asked of one kind of token. What is left out is not asked."""

    kind: KindName = Field(description="The kind of token.", examples=["api"])
    longest_days: Number | None = Field(
        None,
        description="How many days ahead an expiry may be whenever it is set, up to "
        "3660; an expiry is required then. api, logs, shared.",
        examples=[90],
    )
    expiry_required: Flag = Field(
        default=False,
        description="Whether an expiry is required. api, logs, shared.",
        examples=[True],
    )
    note_required: Flag = Field(
        default=False,
        description="Whether a note is required. api, logs, shared.",
        examples=[True],
    )
    filters_required: Flag = Field(
        default=False,
        description="Whether a link needs at least one filter. shared.",
        examples=[False],
    )
    networks_required: Flag = Field(
        default=False,
        description="Whether a token has to be kept to networks. Every kind.",
        examples=[False],
    )
    scopes_required: Flag = Field(
        default=False,
        description="Whether a token has to be kept to scopes: none that can do "
        "everything is made. api.",
        examples=[False],
    )
    least_overlap_hours: Number | None = Field(
        None,
        description="How many hours the old secret works on after a rotation, at least; "
        "1 to 168. Every kind.",
        examples=[24],
    )
    unused_days: Number | None = Field(
        None,
        description="After how many days without use or change a token is disabled, 15 "
        "to 3660. It is announced 14 days before. api, logs, shared.",
        examples=[90],
    )
    ends_outside_at: Moment | None = Field(
        None,
        description="From when on tokens that do not keep to the policy are disabled, at "
        "least 14 days ahead when it is set. It is announced to the admins of each "
        "account. Without it they work on. api, logs, shared.",
        examples=[None],
    )

    @property
    def values(self):
        return self.model_dump(exclude={"kind"})


class PoliciesBody(StrictBody):
    items: Annotated[list[PolicyBody], Field(max_length=len(POLICY_KINDS))] = Field(
        description="The policy of each kind. A kind that is left out has none."
    )

    def drafts(self, organisation_id):
        """Return a TokenPolicy for each kind; raises RuleViolation that names the field."""
        before = policies_of(organisation_id)
        numbered = {}
        for number, each in enumerate(self.items):
            if numbered.setdefault(each.kind, number) != number:
                field = f"items.{number}.kind"
                raise RuleViolation(
                    "kind_twice", f"{each.kind} is there twice.", field=field
                )
        return [
            self._draft(policy, numbered.get(kind)) for kind, policy in before.items()
        ]

    def _draft(self, policy, number):
        if number is None:
            return draft(policy, {})
        try:
            return draft(policy, self.items[number].values)
        except RuleViolation as refusal:
            field = f"items.{number}.{refusal.field}"
            raise RuleViolation(refusal.code, refusal.message, field=field) from None


def _plain(name, field):
    """Return a field of an answer for one of PolicyBody."""
    kinds = {"kind": KindName, "ends_outside_at": datetime | None}
    kind = kinds.get(name, bool if field.default is False else int | None)
    return kind, Field(description=field.description, examples=field.examples)


PolicyAnswer = create_model(
    "PolicyAnswer",
    __base__=Resource,
    __doc__="What is asked of one kind of token; what is not asked is null or false.",
    **{name: _plain(name, each) for name, each in PolicyBody.model_fields.items()},
)


class Policies(Resource):
    items: list[PolicyAnswer] = Field(description="The policy of each kind.")


class NamedToken(Resource):
    id: int = Field(description="Its id.", examples=[77])
    name: str = Field(description="Its name.", examples=["Terraform"])
    account_id: int = Field(description="The id of its account.", examples=[1042])
    account_name: str = Field(description="Its account's name.", examples=["Staging"])


class EffectAnswer(Resource):
    rule: str = Field(description="The rule.", examples=["expiry_required"])
    tokens: int = Field(
        description="How many tokens break it, or were unused for so long.",
        examples=[12],
    )
    accounts: int = Field(description="Of how many accounts.", examples=[4])
    until: datetime | None = Field(
        description="Until when they work; null: until somebody stops them. With "
        "several ends it is the first one of unused tokens, and the last expiry of those "
        "that expire too late.",
        examples=[None],
    )
    is_announced: bool = Field(
        description="Whether a policy ends them then, which is announced to the admins "
        "of each account.",
        examples=[False],
    )
    kept: int = Field(
        description="How many of them are never disabled: the last log token of an "
        "account.",
        examples=[0],
    )
    named: list[NamedToken] = Field(
        description="A few of them, of accounts that the calling token may see."
    )


class KindEffects(Resource):
    kind: KindName = Field(description="The kind of token.", examples=["api"])
    outside: int = Field(
        description="How many tokens would not keep to the policy.", examples=[12]
    )
    called_off: int = Field(
        description="How many ends that were planned would be called off.",
        examples=[0],
    )
    effects: list[EffectAnswer] = Field(description="Rule by rule.")


class Preview(Resource):
    items: list[KindEffects] = Field(description="What would be affected, by kind.")


@router.get(POLICIES, response=reads(Policies), summary="Get the policies")
@requires(Operation.POLICY_VIEW)
def own_policies_get(request, response: HttpResponse):
    return _answered(response, request.auth.account)


@router.put(
    POLICIES,
    response=changes(Policies),
    summary="Set the policies",
    description="All of them at once, with the token of the main account. Tokens that "
    "are there work on; see the preview for what does not keep to them.",
)
@requires(Operation.POLICY_EDIT)
def own_policies_set(
    request, response: HttpResponse, body: PoliciesBody, if_match: IfMatch = None
):
    account = request.auth.account
    save_policies(
        account,
        body.drafts(account.organisation_id),
        by=Actor.calling(request),
        version=_seen(account, if_match),
    )
    return _answered(response, account)


@router.post(
    f"{POLICIES}/preview",
    response=changes(Preview),
    summary="Say what policies would affect",
    description="Nothing is changed.",
)
@requires(Operation.POLICY_EDIT, also=LISTING)
def own_policies_preview(request, body: PoliciesBody):
    visible = [account.pk for account in accounts_for(request, *LISTING)]
    drafts = body.drafts(request.auth.account.organisation_id)
    return Preview(items=[_effects(each, visible) for each in drafts])


def _seen(account, if_match):
    """Return the version that a caller says to have seen, or None."""
    if if_match is None or if_match.strip() == "*":
        return None
    version = version_of(policies_of(account.organisation_id))
    if f'"{version}"' not in (each.strip() for each in if_match.split(",")):
        raise Stale("The policies")
    return version


def _answered(response, account):
    policies = policies_of(account.organisation_id)
    response["ETag"] = f'"{version_of(policies)}"'
    return Policies(items=[_shown(policy) for policy in policies.values()])


def _shown(policy: TokenPolicy):
    names = PolicyAnswer.model_fields
    return PolicyAnswer(**{name: getattr(policy, name) for name in names})


def _effects(policy, visible):
    found = effects_of(policy, visible=visible)
    return KindEffects(
        kind=policy.kind,
        outside=found.outside,
        called_off=found.called_off,
        effects=[_effect(each) for each in found.effects],
    )


def _effect(effect):
    named = [
        NamedToken(
            id=token.pk,
            name=token.name,
            account_id=token.account_id,
            account_name=token.account.name,
        )
        for token in effect.named
    ]
    plain = EffectAnswer.model_fields.keys() - {"named"}
    return EffectAnswer(named=named, **{name: getattr(effect, name) for name in plain})
