-- Remembers what Tollgate decided, in nginx's shared memory; remembered_http.conf says how
-- it is put in place. Whatever is missing, old or wrong here ends in asking Tollgate.
--
-- A decision holds while the generation of its slot is the one that Tollgate told with it,
-- and while the last look at all generations began less than 0.7 s ago. Tollgate's own look
-- is part of that time, so a change holds within a second of its acknowledgement.

local ffi = require "ffi"

local shared, timer, worker = ngx.shared, ngx.timer, ngx.worker
local known, unknown = shared.tollgate_known, shared.tollgate_unknown
local state, counts, asking = shared.tollgate_state, shared.tollgate_counts, shared.tollgate_asking
local var = ngx.var
local find, sub = string.find, string.sub
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
local CHUNK_LINES, MOST_CHUNKS = 300, 256
-- Tollgate takes a batch of so many in some milliseconds; more would hold up its questions.
local BATCH_LINES, BATCH_BYTES = 3000, 300000
local MINUTE, MOST_TALLIES = 60, 60

-- A worker keeps at most twice as many decisions for itself, each about 600 bytes.
local MOST_NEAR = 100000

-- How long a worker goes by what it read of the last look.
local READ_SECONDS = 0.02
local BASE = 20
-- Of those who ask the same: for how long the others wait for the one, and how long it is
-- known that they need not.
local ASKED, APART = 1, 2
local ASKING_SECONDS, APART_SECONDS = 0.3, 5
local WAITS = { 0.002, 0.004, 0.008, 0.016, 0.032, 0.064 }
local MOST_PARSED = 1000

-- The headers of an answer, in the order in which they are remembered.
local HEADERS = {
  "x_tollgate_kind", "x_tollgate_account", "accountid", "projectid", "x_scope_orgid",
  "x_tollgate_args", "x_tollgate_logql", "x_tollgate_opensearch", "x_tollgate_says", "www_authenticate",
}

local tollgate = {}
local addresses, credential, secret, sender
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

-- What was shown cannot be told from what is in the memory: the secret is random, and ends
-- with nginx. $tollgate_shown is all that Tollgate decides by when its answer may be
-- remembered. OpenSSL's SHA-256 takes a sixth of the time of ngx.sha1_bin(), which is there
-- for an nginx that has its OpenSSL for itself.
ffi.cdef [[
  int SHA256_Init(void *);
  int SHA256_Update(void *, const char *, size_t);
  int SHA256_Final(unsigned char *, void *);
]]
local HAS_OPENSSL = pcall(function() return ffi.C.SHA256_Init end)
-- A SHA256_CTX has 112 bytes.
local hashing, hash = ffi.new("uint64_t[32]"), ffi.new("unsigned char[32]")

local function key_of(shown)
  if not HAS_OPENSSL then return ngx.sha1_bin(secret .. shown) end
  ffi.C.SHA256_Init(hashing)
  ffi.C.SHA256_Update(hashing, secret, #secret)
  ffi.C.SHA256_Update(hashing, shown, #shown)
  ffi.C.SHA256_Final(hash, hashing)
  return ffi.string(hash, 20)
end

-- Counting ---------------------------------------------------------------------------

-- A tally has for each caller a list of what is handed over, "\nHANDLE\t" and calls by turns,
-- and where in it a handle is, if that is not known otherwise. It is laid down in shared
-- memory as soon as it fills a chunk: to do that with thousands of rows at once, requests
-- would have to wait for.
local rows = 0
local tallies = {}

local function tally_of(at)
  local last = tallies[#tallies]
  if last and (at - last.began < MINUTE or #tallies >= MOST_TALLIES) then return last end
  last = { began = at, callers = {}, rows = 0 }
  tallies[#tallies + 1] = last
  return last
end

local function list_of(tally, caller)
  if rows >= MOST_ROWS then caller = "\t" end
  local list = tally.callers[caller]
  if not list then
    list = { tally = tally, size = 0, places = {} }
    tally.callers[caller] = list
  end
  return list
end

-- Returns where the calls are.
local function append(list, handle, calls)
  local size, tally = list.size + 2, list.tally
  list[size - 1], list[size] = handle, calls
  list.size, tally.rows, rows = size, tally.rows + 1, rows + 1
  return size
end

local function add(list, handle, calls)
  local place = list.places[handle]
  if place then
    list[place] = list[place] + calls
    return place
  end
  place = append(list, handle, calls)
  list.places[handle] = place
  return place
end

local function has_room()
  return (counts:llen("chunks") or 0) < MOST_CHUNKS
end

-- The address ends at the first tab; another one would begin another field.
local function named(caller)
  local tab = find(caller, "\t", 1, true)
  return "\n@\t" .. sub(caller, 1, tab) .. sub(caller, tab + 1):gsub("[%z\1-\31]", " ")
end

-- Puts one tally into shared memory, in chunks; returns what found no room there.
local function laid_down(tally, at, even_if_full)
  if not even_if_full and not has_room() then return tally end
  local left = { began = tally.began, callers = {}, rows = 0 }
  local chunk, lines, held, stuck = {}, 0, {}, false
  rows = rows - tally.rows
  local function close()
    -- It takes nobody's place: without room it fails.
    stuck = stuck or not (even_if_full or has_room())
      or not counts:rpush("chunks", format("%.3f %d\n", at, lines) .. concat(chunk))
    for _, some in ipairs(stuck and held or {}) do
      for place = some.from, some.to, 2 do
        add(list_of(left, some.caller), some.list[place], some.list[place + 1])
      end
    end
    chunk, lines, held = {}, 0, {}
  end
  for caller, list in pairs(tally.callers) do
    local from = 1
    while from < list.size do
      local to = math.min(list.size, from - 1 + 2 * (CHUNK_LINES - lines))
      chunk[#chunk + 1] = named(caller)
      chunk[#chunk + 1] = concat(list, "", from, to)
      held[#held + 1] = { caller = caller, list = list, from = from, to = to }
      lines, from = lines + 1 + (to - from + 1) / 2, to + 1
      -- A name and a row may come yet.
      if lines > CHUNK_LINES - 2 then close() end
    end
  end
  if lines > 0 then close() end
  return left.rows > 0 and left or nil
end

-- Each worker does so twice a second, whenever a chunk is full, and when it ends.
local function hand_in(premature)
  local at, waiting = now(), tallies
  tallies = {}
  for _, tally in ipairs(waiting) do
    local left = laid_down(tally, at - tally.began < MINUTE and at or tally.began, premature)
    if left then tallies[#tallies + 1] = left end
  end
end

local function hand_in_if_due(tally)
  -- The timers of a worker that ends have run for the last time.
  if tally.rows == CHUNK_LINES - 2 or worker.exiting() then hand_in(worker.exiting()) end
end

local function shortened(caller)
  if #caller <= LONGEST_AGENT then return caller end
  return sub(caller, 1, find(caller, "\t", 1, true) + LONGEST_AGENT)
end

-- Remembering ------------------------------------------------------------------------

-- The last look at the generations, as this worker has it: to read that for each request
-- would take as long as the decision itself. It knows its own age, however late it is read.
local base, marks, looked, told_marks = -math.huge, {}, nil, nil
local read_at = -math.huge

local SLOTS = { [0] = "all" }
for slot = 0, 255 do
  SLOTS[slot + 1] = format("%03d", slot)
end

local function read_look(at)
  read_at = at
  local look = state:get("look")
  if not look or look == looked then return end
  looked, base = look, tonumber(sub(look, 1, BASE))
  local told = sub(look, BASE + 1)
  if told == told_marks then return end
  told_marks, marks = told, {}
  local epoch = sub(told, 1, 16)
  for number = 0, 256 do
    marks[SLOTS[number]] = epoch .. sub(told, 16 * number + 17, 16 * number + 32)
  end
end

local function is_fresh(at)
  if at - read_at >= READ_SECONDS then read_look(at) end
  return at - base < FRESH_SECONDS
end

-- What is remembered: when it ends (16 characters), the mark of its slot (32), the status (3),
-- the slot (3), a line for each of what is the same for many tokens, a return, the token's id,
-- and "\nHANDLE\t". What is each token's own is last: LuaJIT hashes the first, the last and
-- eight other bytes of a string, and those that it cannot tell apart so cost it microseconds.
local HEAD = 16 + 32 + 3 + 3
-- It taken apart; the last two are where it was counted last.
local ENDS, MARK, STATUS, SLOT, HANDLE, ID, VALUES, LIST, PLACE = 1, 2, 3, 4, 5, 6, 7, 8, 9

local parsed, parsed_count = {}, 0

local function parse(text)
  if parsed_count >= MOST_PARSED then parsed, parsed_count = {}, 0 end
  local values = {}
  for value in text:gmatch("([^\n]*)\n") do values[#values + 1] = value end
  parsed[text], parsed_count = values, parsed_count + 1
  return values
end

local function taken_apart(told)
  local tab = find(told, "\r", HEAD, true)
  local line_end = find(told, "\n", tab, true)
  local text, id, handle = sub(told, HEAD + 1, tab - 1), sub(told, tab + 1, line_end - 1), sub(told, line_end)
  return {
    tonumber(sub(told, 1, 16)), sub(told, 17, 48), sub(told, 49, 51), sub(told, 52, 54),
    -- What is not counted has none.
    handle ~= "\n-\t" and handle, id, parsed[text] or parse(text), false, 0,
  }
end

local function is_standing(decision, at)
  return decision[MARK] == marks[decision[SLOT]] and decision[ENDS] > at
end

local function recall_from(memory, key, at)
  local told = memory:get(key)
  local decision = told and taken_apart(told)
  if decision and is_standing(decision, at) then return decision end
end

local function recall(key, at)
  if not is_fresh(at) then return end
  return recall_from(known, key, at) or recall_from(unknown, key, at)
end

-- Tells the configuration; all of its variables are empty before.
local function tell(id, values)
  var.tollgate_id, var.tollgate_kind, var.tollgate_account = id, values[1], values[2]
  var.tollgate_tenant, var.tollgate_project, var.tollgate_tenants = values[3], values[4], values[5]
  if values[6] ~= "" then var.tollgate_args = values[6] end
  if values[7] ~= "" then var.tollgate_logql = values[7] end
  if values[8] ~= "" then var.tollgate_opensearch = values[8] end
  if values[9] ~= "" then var.tollgate_says = values[9] end
  if values[10] ~= "" then var.tollgate_challenge = values[10] end
end

-- What this worker lets pass. To find it in shared memory and to take it apart costs more
-- than all the rest. The older table is forgotten when the younger is full.
local near, near_before, near_count = {}, {}, 0

local function brought_near(key, at)
  local decision = near_before[key]
  if not decision or not is_standing(decision, at) then decision = recall_from(known, key, at) end
  if not decision or decision[STATUS] ~= "204" then return end
  if near_count >= MOST_NEAR then near, near_before, near_count = {}, near, 0 end
  if not near[key] then near_count = near_count + 1 end
  near[key] = decision
  return decision
end

local function count_first(decision, tally, caller)
  local list, handle, before = list_of(tally, shortened(caller)), decision[HANDLE], decision[LIST]
  if before and before.tally == tally then
    -- By another caller: from now on both lists know where it is.
    before.places[handle] = decision[PLACE]
    decision[PLACE] = add(list, handle, 1)
  elseif rows >= MOST_ROWS then
    decision[PLACE] = add(list, handle, 1)
  else
    decision[PLACE] = append(list, handle, 1)
  end
  decision[LIST] = list
  hand_in_if_due(tally)
end

-- Returns "1" if it is remembered that the request passes. What is most frequent needs no
-- handler and no coroutine of its own.
--
-- LuaJIT has to compile this, which is worth a third of nginx's time: what it has not compiled
-- calls nginx slowly. So what cannot begin a trace (reading variables, hashing) comes first,
-- before anything is decided, and there is no pcall(): an error would be 503.
function tollgate.passes()
  local at, caller, key = now(), var.tollgate_caller, key_of(var.tollgate_shown)
  if at - read_at >= READ_SECONDS then read_look(at) end
  if at - base >= FRESH_SECONDS then return "" end
  local decision = near[key]
  if not decision or decision[MARK] ~= marks[decision[SLOT]] or decision[ENDS] <= at then
    decision = brought_near(key, at)
    if not decision then return "" end
  end
  tell(decision[ID], decision[VALUES])
  if not decision[HANDLE] then return "1" end
  local tally = tally_of(at)
  local list = tally.callers[caller]
  if list and decision[LIST] == list then
    local place = decision[PLACE]
    list[place] = list[place] + 1
  else
    count_first(decision, tally, caller)
  end
  return "1"
end

-- Of those who would ask the same at once one does. The others wait for what it is told, but
-- not for long, and not for what must be asked each time, which is marked.
local function recalled_soon(key)
  local at = now()
  local told = recall(key, at)
  if told or not is_fresh(at) or asking:add(key, ASKED, ASKING_SECONDS) then return told, at end
  for _, seconds in ipairs(WAITS) do
    if asking:get(key) ~= ASKED then return end
    ngx.sleep(seconds)
    at = now()
    told = recall(key, at)
    if told then return told, at end
  end
end

-- Tells and counts what is remembered; returns the status.
local function use(decision, at)
  tell(decision[ID], decision[VALUES])
  if decision[HANDLE] then
    local tally = tally_of(at)
    add(list_of(tally, shortened(var.tollgate_caller)), decision[HANDLE], 1)
    hand_in_if_due(tally)
  end
  return tonumber(decision[STATUS])
end

local function recalled()
  local decision, at = recalled_soon(key_of(var.tollgate_shown))
  if not decision then return end
  local challenge = decision[VALUES][10]
  if challenge ~= "" then ngx.header["WWW-Authenticate"] = challenge end
  return use(decision, at)
end

-- Answers from memory, or lets Tollgate be asked.
function tollgate.ask()
  local done, status = pcall(recalled)
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

-- Returns whether an answer is remembered.
local function remember(key, status, keep, id, values)
  local slot, generation, epoch, milliseconds, handle = keep:match("^(%w+) (%x+) (%x+) (%d+) ([%w_-]+)$")
  if not slot or #generation ~= 16 or #epoch ~= 16 then return false end
  local seconds = tonumber(milliseconds) / 1000
  local told = format("%016.3f", tonumber(var.tollgate_began) + seconds)
    .. epoch .. generation .. status .. (slot == "all" and slot or format("%03d", tonumber(slot)))
    .. concat(values, "\n") .. "\n\r" .. id .. "\n" .. handle .. "\t"
  local memory = slot == "all" and unknown or known
  return #told <= LONGEST and memory:set(key, told, seconds)
end

local ANSWERS = { [204] = true, [401] = true, [403] = true, [429] = true }

local function keep_answer(status, id, values)
  local key, keep = key_of(var.tollgate_shown), var.upstream_http_x_tollgate_keep
  if not ANSWERS[status] then
    asking:delete(key)
  elseif keep and status ~= 429 and remember(key, status, keep, id, values) then
    asking:delete(key)
  else
    asking:set(key, APART, APART_SECONDS)
  end
end

-- As the answer to a question arrives: tells the configuration, and remembers it.
function tollgate.answered()
  local values, status = {}, ngx.status
  for number, name in ipairs(HEADERS) do
    values[number] = var["upstream_http_" .. name] or ""
  end
  local id = var.upstream_http_x_tollgate_token or ""
  tell(id, values)
  -- Of each question, and never remembered: the token is over its limit.
  if status == 429 then
    var.tollgate_status, var.tollgate_later = "429", var.upstream_http_retry_after or ""
  end
  -- A question of the server in forms.conf is not remembered.
  if var.tollgate_began == "" then return end
  local done, problem = pcall(keep_answer, status, id, values)
  if not done then ngx.log(ngx.ERR, "An answer of Tollgate cannot be remembered: ", problem) end
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

local function look()
  local began = now()
  local status, body = exchanged(request("GET", "/gateway/generations", "", ""), LOOK_PATIENCE)
  if status ~= 200 then return end
  local epoch, age, all, numbers = body:match(
    "^tollgate%-generations 1\nepoch (%x+)\nage (%d+)\nall (%x+)\nslots (%x+)\nend\n$")
  if not epoch or #epoch ~= 16 or #all ~= 16 or #numbers ~= 4096 then return end
  local since, before = began - tonumber(age) / 1000, state:get("look")
  -- Another worker or host of Tollgate may know less.
  if before and since <= tonumber(sub(before, 1, BASE)) then return end
  state:safe_set("look", format("%0" .. BASE .. ".6f", since) .. epoch .. all .. numbers)
end

-- Says at each caller of a chunk how long ago it was.
local function dated(text, ago)
  local parts, from = {}, 1
  while true do
    local at = find(text, "\n@\t", from, true)
    if not at then break end
    parts[#parts + 1] = sub(text, from, at + 1) .. ago
    from = at + 2
  end
  parts[#parts + 1] = sub(text, from)
  return concat(parts)
end

local function sealed()
  local lines, bytes, parts = 0, 0, {}
  while lines + CHUNK_LINES <= BATCH_LINES and bytes <= BATCH_BYTES do
    local chunk = counts:lpop("chunks")
    if not chunk then break end
    local head = find(chunk, "\n", 1, true)
    local at, number = sub(chunk, 1, head - 1):match("^(%S+) (%d+)$")
    local text = dated(sub(chunk, head + 1), math.max(0, math.floor(now() - tonumber(at))))
    parts[#parts + 1] = text
    lines, bytes = lines + tonumber(number), bytes + #text
    -- Requests need not wait for all of it.
    ngx.sleep(0)
  end
  if lines == 0 then return end
  sequence = sequence + 1
  -- Each part begins with a line's end.
  local batch = format("%s %.0f%s\nend %d\n", sender, sequence, concat(parts), lines)
  -- So that whoever comes after this worker hands it over.
  counts:safe_set("batch", batch)
  return batch
end

local waiting

local function hand_over()
  while not worker.exiting() do
    waiting = waiting or counts:get("batch") or sealed()
    if not waiting then return end
    local head = find(waiting, "\n", 1, true)
    local name, body = sub(waiting, 1, head - 1), sub(waiting, head + 1)
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
  secret = random(32)
end

-- In init_worker_by_lua.
function tollgate.work()
  assert(timer.every(HAND_IN_SECONDS, hand_in))
  if worker.id() ~= 0 then return end
  sender = random(16):gsub(".", function(one) return format("%02x", one:byte()) end)
  assert(timer.every(LOOK_SECONDS, one_at_a_time(look)))
  assert(timer.every(HAND_IN_SECONDS, one_at_a_time(hand_over)))
  assert(timer.at(0, one_at_a_time(look)))
end

return tollgate
