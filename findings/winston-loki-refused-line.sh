#!/usr/bin/env bash
# winston-loki 6.1.7, the transport of winston (Node.js) for Loki.
# One would guess: a line that Loki refuses with 400 (too long, too old) is dropped, or at
# least sent apart from the others.
# Instead: the refused lines go to the front of the next batch, which is refused for them in
# its turn. Nothing behind them ever arrives: a minute later not, and at close() not; what
# is in memory by then is lost. Only clearOnError ends it, and drops at a 503, too.
# For a gateway: where a client sends a mixture, take what is good and say 204; one 400 for a
# whole body stops such a program for ever. Watch for senders that repeat themselves.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund winston@3.19.0 winston-loki@6.1.7
node - <<'JAVASCRIPT'
const http = require("node:http");
const winston = require("winston");
const LokiTransport = require("winston-loki");

const pushes = [];
let arrived;

const loki = http.createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  const lines = JSON.parse(body).streams.flatMap((stream) => stream.values);
  const words = lines.map(([, line]) => /first|refused|later/.exec(line)[0]);
  response.writeHead(words.includes("refused") ? 400 : 204).end();
  pushes.push(`${words.join(" + ")}: ${response.statusCode}`);
  arrived?.();
});

loki.listen(0, "127.0.0.1", async () => {
  console.log("winston-loki", require("winston-loki/package.json").version);
  const transport = new LokiTransport({
    host: `http://127.0.0.1:${loki.address().port}`,
    json: true,
    interval: 0.1,
    labels: { job: "example" },
    gracefulShutdown: false,
  });
  const logger = winston.createLogger({ transports: [transport] });
  for (const line of ["first", "refused"]) {
    const push = new Promise((resolve) => { arrived = resolve; });
    logger.info(line);
    await push;
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  logger.info("later");
  await new Promise((resolve) => setTimeout(resolve, 500));
  await transport.close();
  console.log(pushes.join("\n"));
  const asStated = "first: 204,refused: 400,refused + later: 400";
  if (pushes.join() !== asStated && pushes.join() !== `${asStated},refused + later: 400`) {
    console.error("winston-loki lets go of refused lines now.");
    process.exit(1);
  }
  process.exit();
});
JAVASCRIPT
