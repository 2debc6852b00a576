"""Fields of accounts that several bodies and answers share, with their meaning."""

from pydantic import Field

from accounts.api.examples import LOG_TOKEN

ACCOUNT_ID = Field(description="The account's id.", examples=[1042])
ACCOUNT_NAME = Field(description="The account's name.", examples=["Staging"])
ACCOUNT_TOKEN = Field(
    description="The whole text of the account's default log shipping token. Null where "
    "the account is not accessible, and wherever it is not asked for.",
    examples=[LOG_TOKEN],
)
FIRST_ADMIN = Field(
    description="The account's first admin, who has to be an admin of the main account.",
    examples=["dana@acme.example"],
)
SEARCHABLE = Field(
    description="Whether the main account's tokens may search it.", examples=[True]
)
ACCESSIBLE = Field(
    description="Whether people and tokens of the main account get in.",
    examples=[True],
)
IS_FLEXIBLE = Field(
    description="Whether it has a reserved volume and shares the rest of the plan's.",
    examples=[False],
)
IS_CAPPED = Field(
    description="Whether its flexible volume has a cap.", examples=[False]
)
RESERVED_DAILY_GB = Field(
    alias="reservedDailyGB",
    description="Gigabytes a day of its own, when flexible.",
    examples=[None],
)
MAX_DAILY_GB = Field(
    alias="maxDailyGB",
    description="Gigabytes a day; null for flexible ones without a cap.",
    examples=[5],
)
SOFT_LIMIT_GB = Field(
    alias="softLimitGB",
    description="A cap of a consumption plan, in gigabytes a day.",
    examples=[None],
)
RETENTION_DAYS = Field(description="How many days logs are kept.", examples=[7])
SNAP_SEARCH_RETENTION_DAYS = Field(
    description="Days in the warm tier, or null.", examples=[None]
)
DOC_SIZE_SETTING = Field(
    description="Add the size of each log as the field `LogSize`.", examples=[False]
)
MAY_USE_OBJECTS = Field(description="The accounts that may use its saved objects.")
MAY_USE_OBJECTS_IDS = Field(
    description="The ids of accounts that may use its saved objects, in this order.",
    examples=[[1043]],
)
UTILIZATION = Field(description="Logs about how much of the volume is in use.")
UTILIZATION_ENABLED = Field(
    description="Whether such logs are written.", examples=[False]
)
FREQUENCY_MINUTES = Field(description="How often, in minutes.", examples=[10])
