"""Bodies that add and change people."""

from typing import Annotated

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    WithJsonSchema,
)

from accounts.api.logzio.account_bodies import Email
from accounts.api.plumbing.bodies import Sparse, Unset
from accounts.api.plumbing.fields import VISIBLE, Whole, text
from accounts.models import Role

ROLES = {
    "USER_ROLE_READONLY": Role.READ_ONLY,
    "USER_ROLE_REGULAR": Role.USER,
    "USER_ROLE_ACCOUNT_ADMIN": Role.ADMIN,
}
ROLE_NAMES = {role: name for name, role in ROLES.items()}
# What clients of 2018 call them, alone or in an array `roles`.
NUMBERS = {2: "USER_ROLE_REGULAR", 3: "USER_ROLE_ACCOUNT_ADMIN"}
ONE_OF = f"^({'|'.join(ROLES)})$"


def _named(role):
    if isinstance(role, list) and len(role) == 1:
        (role,) = role
    return NUMBERS.get(role, role) if isinstance(role, int | float) else role


ONE_ROLE = [
    {"type": "string", "pattern": ONE_OF},
    {"type": "integer", "enum": [*NUMBERS]},
]
ONE_IN_ARRAY = {
    "type": "array",
    "items": {"anyOf": ONE_ROLE},
    "minItems": 1,
    "maxItems": 1,
}
RoleName = Annotated[
    text(ONE_OF),
    BeforeValidator(_named),
    WithJsonSchema({"anyOf": [*ONE_ROLE, ONE_IN_ARRAY]}),
]
LONGEST_NAME = 150


def _without_spaces_around(name):
    if not name.strip():
        raise ValueError("must not be empty")
    return name.strip()


FullName = Annotated[
    text(longest=LONGEST_NAME),
    AfterValidator(_without_spaces_around),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^[^\u0000]*{VISIBLE}[^\u0000]*$",
            "maxLength": LONGEST_NAME,
        }
    ),
]
ACCOUNT_ID = Field(validation_alias=AliasChoices("accountID", "accountId"))


class WithRole(Sparse):
    """Somebody with a role, which clients of 2018 send as a number in `roles`."""

    @classmethod
    def _prepared(cls, data):
        said = data if "role" in data else data | {"role": data.get("roles")}
        return super()._prepared(said)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema, handler):
        shape = super().__get_pydantic_json_schema__(core_schema, handler)
        instead = {"properties": {"roles": shape["properties"]["role"]}}
        if "role" in shape.get("required", []):
            shape["required"].remove("role")
            instead |= {"required": ["roles"]}
        shape["properties"]["roles"] = {
            "deprecated": True,
            "description": "What older clients send in place of the role; not read "
            "beside it.",
        }
        either = {"anyOf": [{"required": ["role"]}, instead]}
        shape["allOf"] = [*shape.get("allOf", []), either]
        return shape


class NewUser(WithRole):
    username: Email = Field(
        description="Their e-mail address.", examples=["omar@acme.example"]
    )
    full_name: FullName = Field(
        description="The person's name.", examples=["Dana Levi"]
    )
    account_id: Annotated[Whole, ACCOUNT_ID] = Field(
        description="The id of the account that the person belongs to.", examples=[1042]
    )
    role: RoleName = Field(
        description="What the person may do; older clients call a user 2 and an admin 3.",
        examples=["USER_ROLE_REGULAR"],
    )


class UserChange(WithRole):
    username: Email | None = Field(
        None,
        description="The e-mail address, which never changes.",
        examples=["dana@acme.example"],
    )
    # People without a name are read and sent back with an empty one.
    full_name: Annotated[FullName | None, Unset()] = Field(
        None, description="The person's name.", examples=["Dana Levi"]
    )
    account_id: Annotated[Whole | None, ACCOUNT_ID] = Field(
        None,
        description="The id of the account that the person belongs to.",
        examples=[1042],
    )
    role: RoleName | None = Field(
        None,
        description="What the person may do; older clients call a user 2 and an admin 3.",
        examples=["USER_ROLE_REGULAR"],
    )

    def names(self):
        """Return what is said of names, by the membership's own fields."""
        said = {"full_name": self.full_name, "username": self.username}
        return {field: name for field, name in said.items() if name is not None}
