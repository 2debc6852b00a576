from accounts.api.areas import PlainArea

AREA = PlainArea("shared-token")
ROOT = "/v1/shared-tokens"
