"""The real Envoy with the project's configuration, on a port of a test's own."""

import re

from tests.gateway.proxies.proxy import UPSTREAMS, Proxy
from tests.installation import PROJECT, free_port

DEPLOY = PROJECT / "deploy" / "envoy"


class Envoy(Proxy):
    program = "envoy"
    speaks_grpc = True

    def address(self, place):
        return f"https://127.0.0.1:{self.port}"

    def command(self):
        file = self.folder / "envoy.yaml"
        # Several of them on one machine, each with little to do.
        options = ["--use-dynamic-base-id", "--concurrency", "1", "-l", "error"]
        return [self.program, "-c", file, *options]

    def ports(self):
        return [self.port]

    def configure(self):
        self.port = free_port()
        text = (DEPLOY / "envoy.yaml").read_text()
        text = text.replace("port_value: 8443", f"port_value: {self.port}")
        text = text.replace("/run/envoy/", f"{self.folder}/")
        text = text.replace("/etc/envoy/fullchain.pem", str(self.certificate))
        text = text.replace("/etc/envoy/privkey.pem", str(self.key))
        text = text.replace("tgg_REPLACE_ME", self.credential)
        for name, port in UPSTREAMS.items():
            place = "address: 127.0.0.1, port_value: "
            own = rf"\g<1>{self.places[name]}"
            text = re.sub(rf"({place}){port}\b", own, text)
        (self.folder / "envoy.yaml").write_text(text)
