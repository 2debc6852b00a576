#!/usr/bin/env bash
# HAProxy 2.6 (package haproxy of Debian 12): core.now() in Lua.
# One would guess from the manual ("assures than the hour will be monotonic"): what passes
# between two calls is in their difference, as with every monotonic clock.
# Instead: HAProxy takes a turn of its loop that was 0.1 s longer than expected for a jump of
# the clock, and leaves it out. Stopped for two seconds, or kept from running by a busy
# machine or by Lua itself, its time stands still.
# For a gateway: what is remembered "for a second" by core.now() holds for as long as the
# process stood still, and a second. /proc/uptime counts it; Lua has no other monotonic clock.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
command -v haproxy > /dev/null || { echo "Needs Debian's haproxy" >&2; exit 1; }
haproxy -v | sed -n 1p
cat > now.lua <<'LUA'
local uptime = io.open("/proc/uptime")
uptime:setvbuf("no")
core.register_service("now", "http", function(applet)
  uptime:seek("set", 0)
  local now = core.now()
  local body = string.format("%.2f %s", now.sec + now.usec / 1e6, uptime:read(24):match("^[%d.]+"))
  applet:set_status(200)
  applet:add_header("content-length", #body)
  applet:start_response()
  applet:send(body)
end)
LUA
python3 - <<'PYTHON'
import pathlib, signal, socket, subprocess, sys, time, urllib.request

with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
pathlib.Path("haproxy.cfg").write_text("""
global
    lua-load now.lua
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 60s
frontend clients
    bind 127.0.0.1:%d
    http-request use-service lua.now
""" % port)

def read():
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
        return [float(word) for word in answer.read().split()]

haproxy = subprocess.Popen(["haproxy", "-db", "-f", "haproxy.cfg"])
try:
    while haproxy.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    before = read()
    haproxy.send_signal(signal.SIGSTOP)
    time.sleep(2)
    haproxy.send_signal(signal.SIGCONT)
    now, uptime = (b - a for a, b in zip(before, read()))
finally:
    haproxy.send_signal(signal.SIGCONT)
    haproxy.terminate()
    haproxy.wait()
print(f"stopped for 2 s: {now:.2f} s by core.now(), {uptime:.2f} s by /proc/uptime")
if uptime < 1.9 or now > 1.5:
    sys.exit("HAProxy's core.now() counts the time in which it did not run.")
PYTHON
