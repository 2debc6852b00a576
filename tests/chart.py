"""Render and lint deploy/chart without a cluster: `make chart`."""

import sys

import helm_python as helm
import yaml
from kubernetes_validate import ValidationError, validate

from tests.installation import PROJECT

CHART = str(PROJECT / "deploy" / "chart")
# The oldest that the chart says it is for.
KUBERNETES = "1.27"
NEEDED = {"existingSecret": "tollgate"}
EVERYTHING = NEEDED | {
    "ingress": {"enabled": True, "annotations": {"example.com/a": "b"}},
    "metrics": {"enabled": True},
    "imagePullSecrets": [{"name": "pull"}],
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"operator": "Exists"}],
}
KINDS = {
    "least": {
        *("CronJob", "Deployment", "Job", "NetworkPolicy", "PodDisruptionBudget"),
        "Service",
    },
}
KINDS["everything"] = KINDS["least"] | {"Ingress"}


def main():
    wrong = [*complaints(), *refusals()]
    for name, values in (("least", NEEDED), ("everything", EVERYTHING)):
        objects = rendered(values)
        wrong += [f"{name}: {each}" for each in (*invalid(objects), *unsafe(objects))]
        if kinds(objects) != KINDS[name]:
            wrong.append(f"{name}: {sorted(kinds(objects))}")
        print(f"{name}: {len(objects)} objects")
    print("\n".join(wrong) or "The chart is sound.")
    return int(bool(wrong))


def complaints():
    """Return what lint warns of, beside the icon that a private chart needs not."""
    messages = helm.lint(CHART, NEEDED, strict=True)["messages"]
    return [each for each in messages if "icon" not in str(each)]


def refusals():
    """Return a complaint unless a chart without its Secret is refused."""
    try:
        rendered({})
    except helm.HelmError as error:
        return [] if "existingSecret" in str(error) else [str(error)]
    return ["a chart without its Secret is rendered"]


def rendered(values):
    with helm.Chart.load(CHART) as chart:
        files = chart.render(values, name="gate", namespace="prod")
    texts = [text for name, text in files.items() if name.endswith(".yaml")]
    return [each for text in texts for each in yaml.safe_load_all(text) if each]


def kinds(objects):
    return {each["kind"] for each in objects}


def invalid(objects):
    """Return what the schemas of Kubernetes have against the objects."""
    for each in objects:
        try:
            validate(each, KUBERNETES, strict=True)
        except ValidationError as error:
            yield f"{each['kind']}: {error.message}"


def unsafe(objects):
    """Return the names of objects whose pods may do more than they need."""
    for each in objects:
        pod = pod_of(each)
        if pod and not is_confined(pod):
            yield each["metadata"]["name"]


def pod_of(each):
    spec = each.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    return spec.get("template", {}).get("spec")


def is_confined(pod):
    [container] = pod["containers"]
    rights = container["securityContext"]
    return (
        pod["automountServiceAccountToken"] is False
        and pod["securityContext"]["runAsNonRoot"]
        and rights["readOnlyRootFilesystem"]
        and rights["capabilities"] == {"drop": ["ALL"]}
        and not rights["allowPrivilegeEscalation"]
        and "limits" in container["resources"]
        and container["envFrom"] == [{"secretRef": {"name": "tollgate"}}]
    )


if __name__ == "__main__":
    sys.exit(main())
