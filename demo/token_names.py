"""Names of the demo's tokens, and their callers."""

from tokens.kinds import Kind

# What their owners have said about some.
NOTES = {
    "Terraform": "Runs in the infra repository, workspace observability.\n"
    "Rotate it together with the state bucket's key. Ask: #platform",
    "CI pipeline": "GitHub Actions secret LOGZIO_API_TOKEN of the organisation.",
    "PagerDuty bridge": "Owned by the on-call guild.\nTell them a day ahead.",
    "Grafana": "Data sources of grafana.acme.example.",
    "fluent-bit": "DaemonSet of the production clusters, secret logging/shipper.",
    "Nightly report": "Until the new billing export is there (March).",
}

API_NAMES = (
    "Terraform",
    "Grafana",
    "CI pipeline",
    "Alert export",
    "PagerDuty bridge",
    "Slack bot",
    "Nightly report",
    "Backstage plugin",
    "Jira sync",
    "Cost dashboard",
    "Incident bot",
    "Compliance export",
    "Log archiver",
    "Ansible",
    "Status page",
    "Data science notebook",
    "Release notes bot",
    "SLO exporter",
    "Onboarding script",
    "Drill-down links",
    "Anomaly trainer",
    "Support console",
    "Mobile crash sync",
    "Billing reconciler",
)
SUFFIXES = ("", " (staging)", " (eu)", " (us)", " v2")
# Names that a page must not break on.
ODD_NAMES = (
    "מפתח לדוחות",
    "Überwachung Größenänderung",
    "The integration that the platform team in Lisbon made for the quarterly "
    "capacity report of the board",
    "<b>bold</b> & co",
)
LOG_NAMES = (
    "fluent-bit",
    "filebeat",
    "vector",
    "kubernetes",
    "nginx-edge",
    "syslog relay",
    "cloudwatch",
    "heroku drain",
    "docker hosts",
    "windows fleet",
)
LINK_NAMES = (
    "Payment errors for the bank",
    "Status wall",
    "Support team view",
    "Auditor 2026",
    "Partner Fastlane",
    "Checkout funnel",
    "Black Friday war room",
    "Latency for the agency",
    "Beta testers",
    "Penetration test",
    "Release 42 bug bash",
    "Everything for the on-call",
)
FILTERS = (
    ("env", "prod", "Production only"),
    ("env", "test", "Test systems"),
    ("team", "payments", "What the payments team ships"),
    ("team", "web", "What the web team ships"),
    ("level", "ERROR", "Errors"),
    ("customer", "fastlane", "One customer"),
    ("region", "eu-west-1", ""),
    ("service", "checkout", "The checkout service"),
)
AGENTS = {
    Kind.API: (
        "terraform-provider-logzio/1.27",
        "Grafana/12.3.0",
        "python-requests/2.32.5",
        "curl/8.16.0",
        "Go-http-client/2.0",
    ),
    Kind.LOGS: ("fluent-bit/4.1", "Vector/0.51", "filebeat/9.2", "logzio-go/1.0"),
    Kind.METRICS: ("prometheus/3.7", "otelcol-contrib/0.140"),
    Kind.TRACES: ("otelcol-contrib/0.140",),
    Kind.SHARED: (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Safari/605.1",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0 Safari/537.36",
    ),
}
