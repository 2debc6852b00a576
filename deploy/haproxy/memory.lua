-- What Tollgate decided, remembered while it certainly holds: with TOLLGATE_REMEMBERS=yes.
-- One state for all threads (lua-load); lua-load-per-thread would make a memory for each.
--
-- A decision holds while its slot has the generation that it had before the decision was
-- made. Four times a second Tollgate is asked for the generations; they are trusted for
-- 0.7 s, counted from before they were asked for. What is not certain is asked. Nothing
-- here lets a request pass by itself.
--
-- No secret is kept: haproxy.cfg hands over a hash, keyed with what only this process
-- knows. Of patterns only single classes meet a client's text, since one that goes back
-- would hold every thread.

local LOOK_MS, LOOK_SECONDS, FRESH = 250, 0.3, 0.7
local HAND_OVER_MS, HAND_OVER_SECONDS, TOGETHER = 1000, 3, 10
local BATCH_ROWS, BATCH_BYTES, ROWS_AT_ONCE = 5000, 1000000, 200
-- There are two tables of each: the older is forgotten when the younger is full.
local MOST_KNOWN, MOST_UNKNOWN, MOST_TEXTS = 100000, 25000, 10000
-- Callers are told apart up to the first; at the second nothing is answered from memory
-- any more, so that Tollgate itself counts.
local MOST_CALLERS, MOST_ROWS = 50000, 300000
local WAITS_MS, ASKING_SECONDS, APART_SECONDS, MOST_ASKING = {2, 4, 8, 16, 32, 64}, 0.3, 5, 10000
local WARN_SECONDS = 60
local sub = string.sub

-- Seconds since this machine started, in steps of 0.01: it does not jump, and it does not
-- stand still. core.now() leaves out each time in which the process did not run for 0.1 s
-- (findings/haproxy-lua-now.sh), os.time() is the wall clock in whole seconds. It is opened
-- here, before a chroot; a system without it cannot remember.
local uptime = assert(io.open("/proc/uptime", "r"))
uptime:setvbuf("no")

local function clock()
  uptime:seek("set", 0)
  return tonumber(uptime:read(24):match("^%d+%.%d+"))
end

-- To read it takes as long as all the rest, so a reading counts for 10 ms, as that much
-- later. Those are of the wall clock at this turn of HAProxy's loop: to be misled it would
-- have to jump back just as far as the process stood still.
local read_date, read_at, read = "", -math.huge, -math.huge
local function now_by(date)
  -- The same millisecond is the same text.
  if date == read_date then return read end
  local since = tonumber(date) - read_at
  if since < 0 or since >= 10 then
    read_at, read = tonumber(date), clock() + 0.02
  end
  read_date = date
  return read
end

local function random_hex(bytes)
  local source = assert(io.open("/dev/urandom", "rb"))
  source:setvbuf("no")
  local text = source:read(bytes)
  source:close()
  return (text:gsub(".", function(byte) return string.format("%02x", byte:byte()) end))
end

local warned = {}
local function warn(sentence)
  if clock() - (warned[sentence] or -math.huge) < WARN_SECONDS then return end
  warned[sentence] = clock()
  core.Warning(sentence .. "\n")
end

local function every(milliseconds, task)
  core.register_task(function()
    while true do
      -- An error would end the task for good.
      local fine, wrong = pcall(task)
      if not fine then warn("Tollgate's memory: " .. tostring(wrong)) end
      core.msleep(milliseconds)
    end
  end)
end

-- Decisions. A list takes a third of the memory of a table with names, and what is told is
-- one text for all tokens that are told the same: the collector has less to go through.

local TOLD, SLOT, GENERATION, EPOCH, ENDS, HANDLE = 1, 2, 3, 4, 5, 6
-- Where it was counted last.
local ROW, NUMBER, OTHERS = 7, 8, 9
local known, known_before, known_count = {}, {}, 0
local unknown, unknown_before, unknown_count = {}, {}, 0

local function forget(key)
  known[key], known_before[key], unknown[key], unknown_before[key] = nil, nil, nil, nil
end

-- What is nobody's token is kept apart: invented ones must not drive out those that work.
local function put(key, decision)
  local is_new = not known[key] and not unknown[key]
  forget(key)
  if decision[SLOT] == "all" then
    if unknown_count >= MOST_UNKNOWN then unknown, unknown_before, unknown_count = {}, unknown, 0 end
    unknown[key], unknown_count = decision, unknown_count + (is_new and 1 or 0)
  else
    if known_count >= MOST_KNOWN then known, known_before, known_count = {}, known, 0 end
    known[key], known_count = decision, known_count + (is_new and 1 or 0)
  end
end

-- What is used is younger than what is not.
local function find(key)
  local decision = known[key] or unknown[key]
  if decision then return decision end
  decision = known_before[key] or unknown_before[key]
  if decision then put(key, decision) end
  return decision
end

local texts, text_count = {}, 0

local function same(text)
  if texts[text] then return texts[text] end
  if text_count >= MOST_TEXTS then texts, text_count = {}, 0 end
  texts[text], text_count = text, text_count + 1
  return text
end

-- Generations: by slot, and `all`.

local base, epoch, numbers = -math.huge, "", {}

local function look()
  local began = clock()
  local status, _, body = tollgate.call("GET", "/gateway/generations", {}, "", LOOK_SECONDS)
  if status ~= 200 then return end
  local era, age, all, slots = body:match(
    "^tollgate%-generations 1\nepoch (%x+)\nage (%d+)\nall (%x+)\nslots (%x+)\nend\n$")
  if not slots or #slots ~= 4096 then return warn("Tollgate's generations cannot be read") end
  local since = began - tonumber(age) / 1000
  -- Another Tollgate may know less.
  if since <= base then return end
  local told = {all = all}
  for slot = 0, 255 do told[tostring(slot)] = slots:sub(16 * slot + 1, 16 * slot + 16) end
  base, epoch, numbers = since, era, told
end

local function holds(decision, now)
  return now - base < FRESH
    and decision[GENERATION] == numbers[decision[SLOT]]
    and decision[EPOCH] == epoch
    and now < decision[ENDS]
end

-- Uses: rows of this time, which `waiting` ones of before are handed over ahead of. What a row
-- has is in three lists: a table for each would be more than all that a request takes else.

local function rows_from(number)
  return {number = number, size = 0, began = clock(), handles = {}, callers = {}, calls = {}}
end

local counted = rows_from(1)
local waiting, waiting_rows = {}, 0

local function row_of(handle, caller)
  local at = counted.size + 1
  counted.size = at
  counted.handles[at], counted.callers[at], counted.calls[at] = handle, caller, 0
  return at
end

local function is_full()
  return counted.size + waiting_rows >= MOST_CALLERS
end

-- A decision knows its first row of this time, and those of other callers.
local function row_for(decision, caller)
  if decision[NUMBER] ~= counted.number then
    decision[NUMBER], decision[OTHERS] = counted.number, false
    decision[ROW] = row_of(decision[HANDLE], is_full() and "" or caller)
    return decision[ROW]
  end
  local others = decision[OTHERS] or {}
  decision[OTHERS] = others
  if not others[caller] and is_full() then caller = "" end
  if counted.callers[decision[ROW]] == caller then return decision[ROW] end
  others[caller] = others[caller] or row_of(decision[HANDLE], caller)
  return others[caller]
end

local function count(decision, caller)
  if decision[HANDLE] == "-" then return true end
  local row = decision[ROW]
  if decision[NUMBER] ~= counted.number or counted.callers[row] ~= caller then
    if counted.size + waiting_rows >= MOST_ROWS then return false end
    row = row_for(decision, caller)
  end
  counted.calls[row] = counted.calls[row] + 1
  return true
end

-- What was counted while others wait stays together for a while: rows do not pile up.
local function set_aside()
  local now = clock()
  if counted.size == 0 or (#waiting > 0 and now - counted.began < TOGETHER) then return end
  local rows = counted
  counted = rows_from(rows.number + 1)
  rows.ended, rows.sent = now, 0
  waiting[#waiting + 1], waiting_rows = rows, waiting_rows + rows.size
end

-- Who the lines after it are of. The address ends at the first tab; what is a header of a
-- client's is one field and no more.
local function caller_line(caller, ago)
  local at = caller:find("\t", 1, true) or #caller + 1
  local agent = caller:sub(at + 1):gsub("[\0-\31]", " ")
  return "@" .. ago .. "\t" .. caller:sub(1, at - 1) .. "\t" .. agent
end

local sender, sequence, batch = random_hex(16), 0, nil

local function next_batch()
  local rows = waiting[1]
  local last, bytes = rows.sent, 0
  while last < rows.size and last - rows.sent < BATCH_ROWS and bytes < BATCH_BYTES do
    last = last + 1
    bytes = bytes + #rows.handles[last] + #rows.callers[last] + 40
  end
  sequence = sequence + 1
  return {rows = rows, first = rows.sent + 1, last = last, sequence = sequence}
end

local function is_settled(batch)
  local lines, ago = {}, string.format("%d", math.max(0, clock() - batch.rows.ended) // 1)
  local rows, caller = batch.rows, nil
  for at = batch.first, batch.last do
    if rows.callers[at] ~= caller then
      caller = rows.callers[at]
      lines[#lines + 1] = caller_line(caller, ago)
    end
    lines[#lines + 1] = rows.handles[at] .. "\t" .. rows.calls[at]
    -- Nobody has Lua meanwhile: thousands of lines at once would hold up every thread.
    if at % ROWS_AT_ONCE == 0 then core.yield() end
  end
  lines[#lines + 1] = "end " .. #lines .. "\n"
  local named = {"X-Tollgate-Batch: " .. sender .. " " .. batch.sequence}
  local body = table.concat(lines, "\n")
  local status = tollgate.call("POST", "/gateway/uses", named, body, HAND_OVER_SECONDS)
  if status == 400 or status == 413 then warn("Tollgate takes no uses: status " .. status) end
  return status == 200 or status == 400 or status == 413
end

local function hand_over()
  set_aside()
  while waiting[1] do
    batch = batch or next_batch()
    -- It is sent again as it is: Tollgate counts it once.
    if not is_settled(batch) then return end
    batch.rows.sent, waiting_rows = batch.last, waiting_rows - (batch.last - batch.first + 1)
    if batch.rows.sent == batch.rows.size then table.remove(waiting, 1) end
    batch = nil
  end
end

-- What haproxy.cfg and tollgate.lua use.

local KEY = random_hex(16)

memory = {clock = clock}

-- Of those who would ask the same at once one does, and the others wait for what it is told,
-- but not for what must be asked each time. A client that leaves takes its question along,
-- so one stands for a moment only.
local asking, asking_count, apart, apart_count = {}, 0, {}, 0

local function is_asked(key, now)
  return now < (asking[key] or 0) and now >= (apart[key] or 0)
end

-- Returns what another one was told, or nothing to who has to ask.
function memory.told_to_another(key, caller)
  for _, milliseconds in ipairs(WAITS_MS) do
    local now = clock()
    if now - base >= FRESH or not is_asked(key, now) then break end
    core.msleep(milliseconds)
    local decision = find(key)
    if decision and holds(decision, clock()) then
      return count(decision, caller) and decision[TOLD] or nil
    end
  end
  if asking_count >= MOST_ASKING then asking, asking_count = {}, 0 end
  asking[key], asking_count = clock() + ASKING_SECONDS, asking_count + 1
end

local function ask_apart(key)
  if apart_count >= MOST_ASKING then apart, apart_count = {}, 0 end
  apart[key], apart_count = clock() + APART_SECONDS, apart_count + 1
end

-- Keeps what was told to a question of the time `began`; `keep` is X-Tollgate-Keep.
function memory.keep(key, began, told, keep)
  asking[key] = nil
  local slot, generation, era, milliseconds, handle =
    keep:match("^(%w+) (%x+) (%x+) (%d+) ([%w_-]+)$")
  if not slot then
    if told:sub(1, 3) ~= "503" then ask_apart(key) end
    return forget(key)
  end
  local ends = began + tonumber(milliseconds) / 1000
  put(key, {same(told), slot, generation, era, ends, handle, 0, 0, false})
end

-- The key of a request, 32 characters; the time by `date`, 13; the caller. Returns what was
-- told, or nothing.
core.register_converters("remembered", function(request)
  local decision = find(sub(request, 1, 32))
  if not decision or not holds(decision, now_by(sub(request, 33, 45))) then return "" end
  return count(decision, sub(request, 46)) and decision[TOLD] or ""
end)

-- A variable of the whole process, which only a request can set.
core.register_action("memory_key", {"http-req"}, function(txn)
  txn:set_var("proc.tollgate_key", KEY)
end)

every(LOOK_MS, look)
every(HAND_OVER_MS, hand_over)
