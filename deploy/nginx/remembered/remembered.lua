-- Remembers what Tollgate decided, in nginx's shared memory; remembered_http.conf says how
-- it is put in place. Whatever is missing, old or wrong here ends in asking Tollgate.
--
-- A decision holds while the generation of its slot is the one that Tollgate told with it,
-- and while the last look at all generations began less than 0.7 s ago. Tollgate's own look
-- is part of that time, so a change holds within a second of its acknowledgement.

local ffi = require "ffi"

local shared, timer, worker = ngx.shared, ngx.timer, ngx.worker
local known, unknown = shared.tollgate_known, shared.tollgate_unknown
local state, counts = shared.tollgate_state, shared.tollgate_counts
local find, sub, byte = string.find, string.sub, string.byte
local format, concat = string.format, table.concat

local FRESH_SECONDS = 0.7
local LOOK_SECONDS, HAND_IN_SECONDS = 0.25, 0.5
-- To connect, to send, to receive something: milliseconds.
local LOOK_PATIENCE, USES_PATIENCE = { 100, 100, 200 }, { 500, 1000, 3000 }
-- A decision with filters as long as that is asked each time: it would drive out others.
local LONGEST = 8192
local LONGEST_AGENT = 400
-- Rows of counts that a worker holds with their callers; then it counts by token only.
local MOST_ROWS = 20000
-- What waits in shared memory: chunks of so many lines; more stays in the workers, added up.
local CHUNK_LINES, MOST_CHUNKS = 500, 64
local BATCH_LINES, BATCH_BYTES = 9000, 900000
local MINUTE, MOST_TALLIES = 60, 60

-- The headers of an answer, in the order in which they are remembered.
local HEADERS = {
  "x_tollgate_token", "x_tollgate_kind", "x_tollgate_account", "accountid", "projectid", "x_scope_orgid",
  "x_tollgate_args", "x_tollgate_logql", "x_tollgate_opensearch", "x_tollgate_says", "www_authenticate",
}

local tollgate = {}
local addresses, credential, inner, outer, sender
local sequence = 0

-- ngx.now() is the host's clock, which can jump. This one goes on while the host sleeps.
ffi.cdef [[
  typedef struct { long seconds, nanoseconds; } tollgate_time;
  int tollgate_clock(int, tollgate_time *) __asm__("clock_gettime");
]]
local CLOCK = ({ Linux = 7, BSD = 4, OSX = 6 })[ffi.os]
local time = ffi.new("tollgate_time")

local function now()
  assert(ffi.C.tollgate_clock(CLOCK, time) == 0, "this system has no monotonic clock")
  return tonumber(time.seconds) + tonumber(time.nanoseconds) * 1e-9
end

local function random(bytes)
  local file = assert(io.open("/dev/urandom", "rb"))
  local read = file:read(bytes)
  file:close()
  return read
end

-- HMAC (RFC 2104): what was shown cannot be told from what is in the memory.
local function padded(key, with)
  return (key:gsub(".", function(one) return string.char(bit.bxor(byte(one), with)) end))
end

local function hashed(text)
  local hash = ngx.sha1_bin(outer .. ngx.sha1_bin(inner .. text))
  return hash
end

-- Counting ---------------------------------------------------------------------------

local rows = 0
local tallies = {}

local function tally_of(at)
  local last = tallies[#tallies]
  if last and (at - last.began < MINUTE or #tallies >= MOST_TALLIES) then return last end
  last = { began = at, callers = {} }
  table.insert(tallies, last)
  return last
end

local function add(tally, caller, handle, calls)
  if rows >= MOST_ROWS then caller = "\t" end
  local handles = tally.callers[caller]
  if not handles then
    handles = {}
    tally.callers[caller] = handles
  end
  local before = handles[handle]
  if not before then rows = rows + 1 end
  handles[handle] = (before or 0) + calls
end

local function push(chunk, lines, at, even_if_full)
  if not even_if_full and (counts:llen("chunks") or 0) >= MOST_CHUNKS then return false end
  -- It takes nobody's place: without room it fails.
  return counts:rpush("chunks", format("%.3f %d\n%s", at, lines, concat(chunk)))
end

-- Puts one tally into shared memory, in chunks; returns what found no room there.
local function chunked(tally, at, even_if_full)
  local left, stuck = { began = tally.began, callers = {} }, false
  local chunk, size, lines, held, kept = {}, 0, 0, {}, 0
  local function close()
    stuck = stuck or not push(chunk, lines, at, even_if_full)
    rows = rows - kept / 3
    for number = 1, stuck and kept or 0, 3 do
      add(left, held[number], held[number + 1], held[number + 2])
    end
    chunk, size, lines, held, kept = {}, 0, 0, {}, 0
  end
  for caller, handles in pairs(tally.callers) do
    local head = "@\t" .. caller:gsub("[%z\1-\8\10-\31]", " ") .. "\n"
    local is_named = false
    for handle, calls in pairs(handles) do
      if not is_named then
        chunk[size + 1] = head
        size, lines, is_named = size + 1, lines + 1, true
      end
      chunk[size + 1], chunk[size + 2], chunk[size + 3], chunk[size + 4] = handle, "\t", calls, "\n"
      held[kept + 1], held[kept + 2], held[kept + 3] = caller, handle, calls
      size, lines, kept = size + 4, lines + 1, kept + 3
      -- A name and a row may come yet.
      if lines > CHUNK_LINES - 2 then
        close()
        is_named = false
      end
    end
  end
  if kept > 0 then close() end
  return next(left.callers) and left
end

-- Each worker does so twice a second, and when it ends.
local function hand_in(premature)
  local at, waiting = now(), tallies
  tallies = {}
  for _, tally in ipairs(waiting) do
    local left = chunked(tally, at - tally.began < MINUTE and at or tally.began, premature)
    if left then table.insert(tallies, left) end
  end
end

local function count(handle, var)
  local agent = var.http_user_agent or ""
  if #agent > LONGEST_AGENT then agent = sub(agent, 1, LONGEST_AGENT) end
  -- A tab would begin another field.
  if find(agent, "\t", 1, true) then agent = agent:gsub("\t", " ") end
  add(tally_of(now()), var.remote_addr .. "\t" .. agent, handle, 1)
  -- The timers of a worker that ends have run for the last time.
  if worker.exiting() then hand_in(true) end
end

-- Remembering ------------------------------------------------------------------------

-- What is remembered: when it ends, the mark of its slot, the status (each of a fixed
-- length), then lines: slot, handle, and the headers.
local ENDS, MARK = 16, 32

-- LuaJIT compiles what is done for each request as long as there is no loop in it, no number
-- from shared memory, and nothing built-in that is returned as it is called.
local function line(text, from)
  local to = find(text, "\n", from, true)
  return sub(text, from, to - 1), to + 1
end

local function is_standing(told, at)
  if tonumber(sub(told, 1, ENDS)) <= at then return false end
  local base = state:get("base")
  if not base or at - tonumber(base) >= FRESH_SECONDS then return false end
  local mark = state:get((line(told, ENDS + MARK + 4)))
  return mark == sub(told, ENDS + 1, ENDS + MARK)
end

local function recall(key)
  local at = now()
  local told = known:get(key)
  if told and is_standing(told, at) then return told end
  told = unknown:get(key)
  if told and is_standing(told, at) then return told end
end

-- Tells the configuration; all of its variables are empty before.
local function tell(var, id, kind, account, tenant, project, tenants, args, logql, opensearch, says, challenge)
  var.tollgate_id, var.tollgate_kind, var.tollgate_account = id, kind, account
  var.tollgate_tenant, var.tollgate_project, var.tollgate_tenants = tenant, project, tenants
  if args ~= "" then var.tollgate_args = args end
  if logql ~= "" then var.tollgate_logql = logql end
  if opensearch ~= "" then var.tollgate_opensearch = opensearch end
  if says ~= "" then var.tollgate_says = says end
  if challenge ~= "" then var.tollgate_challenge = challenge end
end

-- Tells and counts what is remembered; returns its status.
local function use(told, var)
  local _, at = line(told, ENDS + MARK + 4)
  local handle, id, kind, account, tenant, project, tenants, args, logql, opensearch, says, challenge
  handle, at = line(told, at)
  id, at = line(told, at)
  kind, at = line(told, at)
  account, at = line(told, at)
  tenant, at = line(told, at)
  project, at = line(told, at)
  tenants, at = line(told, at)
  args, at = line(told, at)
  logql, at = line(told, at)
  opensearch, at = line(told, at)
  says, at = line(told, at)
  challenge = line(told, at)
  tell(var, id, kind, account, tenant, project, tenants, args, logql, opensearch, says, challenge)
  if challenge ~= "" then ngx.header["WWW-Authenticate"] = challenge end
  if handle ~= "-" then count(handle, var) end
  local status = tonumber(sub(told, ENDS + MARK + 1, ENDS + MARK + 3))
  return status
end

-- None of these can have a line's end in it. It is all that Tollgate decides by when its
-- answer may be remembered.
local function key_of(var)
  return hashed(var.uri .. "\n" .. (var.handed_over or "") .. "\n" .. (var.http_x_api_token or "") .. "\n"
    .. (var.http_authorization or "") .. "\n" .. (var.ticket or ""))
end

local function recalled(var)
  local told, status = recall(key_of(var))
  if told then status = use(told, var) end
  return status
end

-- Answers from memory, or lets Tollgate be asked.
function tollgate.ask()
  local var = ngx.var
  local done, status = pcall(recalled, var)
  if done and status then
    ngx.status = status
    return
  end
  if not done then
    ngx.log(ngx.ERR, "Tollgate is asked, since what is remembered cannot be read: ", status)
  end
  var.signal, var.tollgate_began = sub(var.uri, #"/_tollgate/" + 1), now()
  return ngx.exec("@tollgate")
end

local function remember(var, status, keep, values)
  local slot, generation, epoch, milliseconds, handle = keep:match("^(%w+) (%x+) (%x+) (%d+) ([%w_-]+)$")
  if not slot or #generation ~= 16 or #epoch ~= 16 then return end
  local seconds = tonumber(milliseconds) / 1000
  local told = format("%0" .. ENDS .. ".3f", tonumber(var.tollgate_began) + seconds)
    .. epoch .. generation .. status .. slot .. "\n" .. handle .. "\n" .. values .. "\n"
  local memory = slot == "all" and unknown or known
  if #told <= LONGEST then memory:set(key_of(var), told, seconds) end
end

-- As the answer to a question arrives: tells the configuration, and remembers it.
function tollgate.answered()
  local var, values = ngx.var, {}
  for number, name in ipairs(HEADERS) do
    values[number] = var["upstream_http_" .. name] or ""
  end
  tell(var, unpack(values))
  local keep, status = var.upstream_http_x_tollgate_keep, ngx.status
  -- Of each question, and never remembered: the token is over its limit.
  if status == 429 then
    var.tollgate_status, var.tollgate_later = "429", var.upstream_http_retry_after or ""
  end
  if keep and (status == 204 or status == 401 or status == 403) then
    local done, problem = pcall(remember, var, status, keep, concat(values, "\n"))
    if not done then ngx.log(ngx.ERR, "An answer of Tollgate cannot be remembered: ", problem) end
  end
end

-- Asking for generations, and handing counts over ----------------------------------------

local function received(socket)
  local line, problem = socket:receive("*l")
  local status = line and tonumber(line:match("^HTTP/1%.1 (%d%d%d)"))
  if not status then return nil, problem or "no HTTP" end
  local length, goes_on = nil, true
  while true do
    line, problem = socket:receive("*l")
    if not line then return nil, problem end
    if line == "" then break end
    local name, value = line:match("^([^:]+):%s*(.-)%s*$")
    name = name and name:lower()
    if name == "content-length" then length = tonumber(value) end
    if name == "connection" and value:lower() == "close" then goes_on = false end
  end
  if not length or length > 65536 then return nil, "an answer without a length, or too long" end
  local body = ""
  if length > 0 then
    body, problem = socket:receive(length)
    if not body then return nil, problem end
  end
  if goes_on then socket:setkeepalive(60000, 8) else socket:close() end
  return status, body
end

-- Returns status and body, or nothing and what went wrong. A connection that was kept may
-- have ended meanwhile: then it is tried once more.
local function exchanged(request, patience)
  local problem, status, body
  for _ = 1, 2 do
    local socket, ok = ngx.socket.tcp(), nil
    socket:settimeouts(unpack(patience))
    local host, port = addresses[1]:match("^(.*):(%d+)$")
    if host == "unix" or not host then
      ok, problem = socket:connect(addresses[1])
    else
      ok, problem = socket:connect(host, tonumber(port))
    end
    if not ok then break end
    local is_old = (socket:getreusedtimes() or 0) > 0
    ok, problem = socket:send(request)
    if ok then
      status, body = received(socket)
      if status then return status, body end
      problem = body
    end
    socket:close()
    if not is_old or problem == "timeout" then break end
  end
  -- Another one may be there.
  table.insert(addresses, table.remove(addresses, 1))
  return nil, problem
end

local function request(method, path, more, body)
  return concat({
    method .. " " .. path .. " HTTP/1.1",
    "Host: tollgate",
    "X-Tollgate-Gateway: " .. credential,
    "User-Agent: nginx",
    more .. "Content-Length: " .. #body,
    "",
    body,
  }, "\r\n")
end

local SLOTS = { "all" }
for slot = 0, 255 do
  SLOTS[slot + 2] = tostring(slot)
end

local function look()
  local began = now()
  local status, body = exchanged(request("GET", "/gateway/generations", "", ""), LOOK_PATIENCE)
  if status ~= 200 then return end
  local epoch, age, all, numbers = body:match(
    "^tollgate%-generations 1\nepoch (%x+)\nage (%d+)\nall (%x+)\nslots (%x+)\nend\n$")
  if not epoch or #epoch ~= 16 or #all ~= 16 or #numbers ~= 4096 then return end
  local base, before = began - tonumber(age) / 1000, state:get("base")
  -- Another worker or host of Tollgate may know less.
  if before and base <= tonumber(before) then return end
  numbers = all .. numbers
  for number, slot in ipairs(SLOTS) do
    local mark = epoch .. sub(numbers, 16 * number - 15, 16 * number)
    if state:get(slot) ~= mark and not state:safe_set(slot, mark) then return end
  end
  state:safe_set("base", format("%.6f", base))
end

local function sealed()
  local lines, bytes, parts = 0, 0, {}
  while lines + CHUNK_LINES <= BATCH_LINES and bytes <= BATCH_BYTES do
    local chunk = counts:lpop("chunks")
    if not chunk then break end
    local at, number, text = chunk:match("^(%S+) (%d+)(\n.*)$")
    local ago = math.max(0, math.floor(now() - tonumber(at)))
    table.insert(parts, sub(text:gsub("\n@\t", "\n@" .. ago .. "\t"), 2))
    lines, bytes = lines + tonumber(number), bytes + #text
  end
  if lines == 0 then return end
  sequence = sequence + 1
  local batch = format("%s %.0f\n%send %d\n", sender, sequence, concat(parts), lines)
  -- So that whoever comes after this worker hands it over.
  counts:safe_set("batch", batch)
  return batch
end

local waiting

local function hand_over()
  while not worker.exiting() do
    waiting = waiting or counts:get("batch") or sealed()
    if not waiting then return end
    local name, body = waiting:match("^(%x+ %d+)\n(.*)$")
    local status, said = exchanged(
      request("POST", "/gateway/uses", "X-Tollgate-Batch: " .. name .. "\r\n", body), USES_PATIENCE)
    if status == 400 or status == 413 then
      ngx.log(ngx.ERR, "Tollgate takes no counts of this kind: ", said)
    elseif status ~= 200 then
      return
    end
    if counts:get("batch") == waiting then counts:delete("batch") end
    waiting = nil
  end
end

-- A round that takes longer than the time between rounds is not joined by the next.
local function one_at_a_time(task)
  local is_running = false
  return function(premature)
    if is_running or premature then return end
    is_running = true
    local done, problem = pcall(task)
    is_running = false
    if not done then ngx.log(ngx.ERR, problem) end
  end
end

-- In init_by_lua, where the credential can be read: `addresses` of Tollgate, each IP:port or
-- unix:path, and the `credential` file.
function tollgate.begin(options)
  local file = assert(io.open(options.credential))
  credential = file:read("*a"):gsub("#[^\n]*", ""):match('X%-Tollgate%-Gateway%s+"?([^%s";]+)')
  file:close()
  assert(credential, options.credential .. " sets no X-Tollgate-Gateway")
  addresses = options.addresses
  local key = random(64)
  inner, outer = padded(key, 0x36), padded(key, 0x5c)
end

-- In init_worker_by_lua.
function tollgate.work()
  assert(timer.every(HAND_IN_SECONDS, hand_in))
  if worker.id() ~= 0 then return end
  sender = random(16):gsub(".", function(one) return format("%02x", byte(one)) end)
  assert(timer.every(LOOK_SECONDS, one_at_a_time(look)))
  assert(timer.every(HAND_IN_SECONDS, one_at_a_time(hand_over)))
  assert(timer.at(0, one_at_a_time(look)))
end

return tollgate
