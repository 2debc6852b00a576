#!/usr/bin/env bash
# HAProxy 2.6 (package haproxy of Debian 12): StickTable.dump() in Lua.
# One would guess from the manual ("Returns all entries in stick table"): a table of entries,
# empty where nothing fits, whatever type the keys have.
# Instead: of a table whose keys are binary it returns nil, without an error; of one with the
# same entries under strings it returns them.
# For a gateway: what is counted under a hash (sha2, bytes) is read back only if the hash is
# written in hexadecimal, which takes twice the room.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
command -v haproxy > /dev/null || { echo "Needs Debian's haproxy" >&2; exit 1; }
haproxy -v | sed -n 1p
cat > dump.lua <<'LUA'
local function read(name)
  local entries, number = core.proxies[name].stktable:dump(), 0
  if not entries then return "nil" end
  for _ in pairs(entries) do number = number + 1 end
  return tostring(number)
end
core.register_service("dump", "http", function(applet)
  local body = read("binary") .. " " .. read("hexadecimal")
  applet:set_status(200)
  applet:add_header("content-length", #body)
  applet:start_response()
  applet:send(body)
end)
LUA
python3 - <<'PYTHON'
import pathlib, socket, subprocess, sys, time, urllib.request

with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
pathlib.Path("haproxy.cfg").write_text("""
global
    lua-load dump.lua
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 60s
backend binary
    stick-table type binary len 16 size 100 store gpc0
backend hexadecimal
    stick-table type string len 32 size 100 store gpc0
frontend clients
    bind 127.0.0.1:%d
    http-request use-service lua.dump if { path /dump }
    http-request track-sc0 path,sha2(256),bytes(0,16) table binary
    http-request track-sc1 path,sha2(256),bytes(0,16),hex table hexadecimal
    http-request sc-inc-gpc0(0)
    http-request sc-inc-gpc0(1)
    http-request return status 200
""" % port)

def read(path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return answer.read().decode()

haproxy = subprocess.Popen(["haproxy", "-db", "-f", "haproxy.cfg"])
try:
    while haproxy.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    for number in range(3):
        read(f"/{number}")
    binary, hexadecimal = read("/dump").split()
finally:
    haproxy.terminate()
    haproxy.wait()
print(f"three entries each: {binary} of binary keys, {hexadecimal} of the same in hexadecimal")
if (binary, hexadecimal) != ("nil", "3"):
    sys.exit("HAProxy's Lua reads a table of binary keys otherwise.")
PYTHON
