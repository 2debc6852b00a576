"""Shared tokens of the account whose API token calls."""

from datetime import timedelta
from typing import Annotated

from django.utils import timezone
from ninja.responses import Status
from pydantic import BeforeValidator, model_validator

from accounts.api.areas import router_in
from accounts.api.fields import Answer, Body, Moment, Single, Text, Wholes, epoch
from accounts.api.guards import requires
from accounts.audit import Actor
from accounts.permissions import Operation
from accounts.refusals import Refused
from sharing.api.areas import AREA, ROOT
from sharing.api.filters import find_filter
from sharing.models import Share
from sharing.scope import Operator
from tokens.api.secrets import SecretText, hand_out
from tokens.kinds import RULES, Kind

router = router_in(AREA)
