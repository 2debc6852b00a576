from accounts.api.plumbing.areas import PlainArea

AREA = PlainArea("shared-token")
ROOT = "/v1/shared-tokens"
