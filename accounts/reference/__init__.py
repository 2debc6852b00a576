"""The reference page of the HTTP API, made of its OpenAPI document."""
