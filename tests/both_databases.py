"""Which tests PostgreSQL has to pass as well as SQLite, and why those.

They are about what a database does by itself: what it locks, lets in, counts, orders,
finds and takes for text. What is said about rows once they are there is the same with
either, and is tested with SQLite; test_pages_everywhere.py asks for every page.
"""

# Constraints, conditions of writes, locks, and sums that are kept.
CHANGES = (
    "tests/accounts/test_audit.py",
    "tests/accounts/test_deadline.py",
    "tests/accounts/test_devices.py",
    "tests/accounts/test_errors.py",
    "tests/accounts/test_generations.py",
    "tests/accounts/test_key_checks.py",
    "tests/accounts/test_keys.py",
    "tests/accounts/test_lifecycle.py",
    "tests/accounts/test_limiter.py",
    "tests/accounts/test_locks.py",
    "tests/accounts/test_members.py",
    "tests/accounts/test_organisations.py",
    "tests/accounts/test_people.py",
    "tests/accounts/test_permissions.py",
    "tests/accounts/test_quotas.py",
    "tests/accounts/test_relations.py",
    "tests/accounts/test_resubmission.py",
    "tests/accounts/test_sessions.py",
    "tests/api/test_repeats.py",
    "tests/api/v1/test_idempotency.py",
    "tests/api/v1/test_states.py",
    "tests/commands/",
    "tests/demo/",
    "tests/importing/test_import.py",
    "tests/reencryption/",
    "tests/sharing/test_filters.py",
    "tests/sharing/test_links.py",
    "tests/sharing/test_shared_views.py",
    "tests/sharing/test_shares.py",
    "tests/sharing/test_state_machine.py",
    "tests/sharing/test_tickets.py",
    "tests/tokens/test_bulk_run.py",
    "tests/tokens/test_changes_model.py",
    "tests/tokens/test_deleted.py",
    "tests/tokens/test_gateway_model.py",
    "tests/tokens/test_last_use.py",
    "tests/tokens/test_limits.py",
    "tests/tokens/test_recording.py",
    "tests/tokens/test_reviving.py",
    "tests/tokens/test_rotation_model.py",
    "tests/tokens/test_stored_secret_model.py",
    "tests/tokens/test_token_model.py",
    "tests/tokens/test_reach.py",
    "tests/tokens/test_token_permissions.py",
    "tests/tokens/test_usage_model.py",
    "tests/tokens/test_usage_rows.py",
    "tests/tokens/test_verification.py",
)
# Searches, filters, order, and pages of long lists.
LISTS = (
    "tests/accounts/test_account_jump.py",
    "tests/accounts/test_account_list.py",
    "tests/accounts/test_audit_export.py",
    "tests/accounts/test_paging.py",
    "tests/api/test_audit_trail.py",
    "tests/api/test_audit_trail_filters.py",
    "tests/api/test_filters.py",
    "tests/api/test_log_token_search.py",
    "tests/api/test_long_lists.py",
    "tests/api/test_shared_tokens.py",
    "tests/api/test_sub_accounts.py",
    "tests/api/test_users.py",
    "tests/api/test_users_everywhere.py",
    "tests/api/v1/test_audit.py",
    "tests/api/v1/test_filters.py",
    "tests/api/v1/test_inventory.py",
    "tests/api/v1/test_usage.py",
    "tests/sharing/test_share_list.py",
    "tests/test_pages_everywhere.py",
    "tests/tokens/test_all_pages_filters.py",
    "tests/tokens/test_api_list.py",
    "tests/tokens/test_find.py",
    "tests/tokens/test_senders.py",
    "tests/tokens/test_shipping_list.py",
    "tests/tokens/test_usage.py",
    "tests/tokens/test_whose.py",
)
# The gate asks past the ORM, over connections of its own and by the database's clock.
GATE = (
    "tests/gateway/test_background.py",
    "tests/gateway/test_decisions.py",
    "tests/gateway/test_gate.py",
    "tests/gateway/test_gate_changes.py",
    "tests/gateway/test_gate_database.py",
    "tests/gateway/test_introspection.py",
    "tests/gateway/test_missing_key.py",
    "tests/gateway/test_narrowing.py",
    "tests/gateway/test_notice_delivery.py",
    "tests/gateway/test_notices.py",
    "tests/gateway/test_refusals.py",
    "tests/gateway/test_refused_at_the_portal.py",
    "tests/gateway/test_refused_calls.py",
    "tests/gateway/test_refused_pages.py",
    "tests/gateway/test_watching.py",
    "tests/test_health.py",
    "tests/test_settings.py",
    "tests/test_smoke.py",
    "tests/test_wsgi.py",
)
# What one of them cannot store, compare or fold.
TEXT = (
    "tests/accounts/test_seeds.py",
    "tests/test_hostile_input.py",
    "tests/test_names.py",
)
PLACES = (*CHANGES, *LISTS, *GATE, *TEXT)


def is_for_both(nodeid):
    return nodeid.startswith(PLACES)
