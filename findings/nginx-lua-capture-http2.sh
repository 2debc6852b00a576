#!/usr/bin/env bash
# nginx 1.22 with its Lua module 0.10.23 (packages nginx and libnginx-mod-http-lua of Debian
# 12): ngx.location.capture for a request by HTTP/2.
# One would guess: it asks the other location, as for HTTP/1.1.
# Instead: it fails, so the client gets 500, also without a body. Cosockets and auth_request
# work.
# For a gateway: what asks by capture works in every test with HTTP/1.1, and then for no agent
# of OpenTelemetry that speaks HTTP/2.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/nginx.pid")" 2> /dev/null || true; sleep 0.2; rm -rf "$folder"' EXIT
cd "$folder"
modules=/usr/lib/nginx/modules
[ -e $modules/ngx_http_lua_module.so ] || { echo "Needs Debian's nginx and libnginx-mod-http-lua" >&2; exit 1; }
nginx -v
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat > nginx.conf <<NGINX
load_module $modules/ndk_http_module.so;
load_module $modules/ngx_http_lua_module.so;
pid $folder/nginx.pid;
error_log $folder/error.log;
events {}
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    server {
        listen 127.0.0.1:$port http2;
        location = /other { return 204; }
        location = /capture {
            content_by_lua_block { ngx.say(ngx.location.capture("/other").status) }
        }
        location = /asked {
            auth_request /other;
            content_by_lua_block { ngx.say("passed") }
        }
    }
}
NGINX
nginx -e stderr -p "$folder" -c "$folder/nginx.conf"
status() {
    curl --silent --output /dev/null --write-out '%{http_code}' --http2-prior-knowledge "http://127.0.0.1:$port/$1"
}
sleep 0.5
capture=$(status capture) asked=$(status asked)
echo "by HTTP/2: capture $capture, auth_request $asked"
grep -o 'http2 requests not supported yet' error.log | sort -u || true
if [ "$capture" != 500 ] || [ "$asked" != 200 ]; then
    echo "ngx.location.capture answers requests by HTTP/2." >&2
    exit 1
fi
