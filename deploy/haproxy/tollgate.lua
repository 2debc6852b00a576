-- Asks Tollgate about a request, and reads the arguments of queries as strictly as the
-- strictest store.
--
-- http-request lua.tollgate <signal> <token in arguments> <query and form>: sets txn.told to
-- the lines of TOLD, after the status. Whatever goes wrong is 503, so that shippers keep
-- what they have.
--
-- http-request lua.arguments <address or form> <whether extra_ is refused>: sets txn.wrong to
-- a sentence if a store could read them otherwise than they are meant.

local ADDRESS = os.getenv("TOLLGATE_ADDRESS") or "http://127.0.0.1:8001"
local HOST, PORT = ADDRESS:match("^http://([^/:]+):(%d+)$")
local CREDENTIAL = os.getenv("TOLLGATE_GATEWAY")
local SECONDS = 1.5
local MOST_ARGUMENTS = 256
local MALFORMED = "A query takes at most 256 arguments, each percent-encoded where it must be"
local OURS = "The gateway sets the arguments that begin with extra_"
local ANSWERS = {[204] = true, [401] = true, [403] = true, [429] = true}
-- No header has a line feed in it.
local TOLD = {
  "x-scope-orgid", "accountid", "x-tollgate-kind", "x-tollgate-args", "x-tollgate-logql",
  "x-tollgate-says", "www-authenticate", "retry-after",
}

local function form(txn)
  return txn.f:method() == "POST" and txn.sf:req_body() or ""
end

-- These headers go to Tollgate and no other.
local function question(txn, token, asked)
  local lines = {"X-Tollgate-Token: " .. token, "X-Real-IP: " .. txn.f:src()}
  if memory then table.insert(lines, "X-Tollgate-Remember: 1") end
  for _, name in ipairs({"X-API-TOKEN", "Authorization", "User-Agent"}) do
    -- req_hdr would end at the first comma, which agents have in them.
    local value = txn.sf:req_fhdr(name, 1)
    if value ~= "" then table.insert(lines, name .. ": " .. value) end
  end
  -- The visitor's alone: other programs' cookies are theirs. Of two neither is taken.
  if txn.f:req_cook_cnt("tollgate_share") == 1 then
    table.insert(lines, "Cookie: tollgate_share=" .. txn.sf:req_cook("tollgate_share"))
  end
  -- That one names the fields of whole blocks, those of other rows too: no shared token
  -- passes.
  -- A query by form was asked about before it was read, and is one call all the same.
  if asked and txn.f:method() == "POST" then table.insert(lines, "X-Tollgate-Again: 1") end
  if asked and txn.sf:path() ~= "/select/logsql/field_names" then
    local query, body = txn.sf:query(), form(txn)
    if query ~= "" then table.insert(lines, "X-Tollgate-Query: " .. query) end
    if body ~= "" then table.insert(lines, "X-Tollgate-Form: " .. body) end
  end
  return lines
end

local function receive(socket)
  local line = socket:receive("*l")
  local status = line and tonumber(line:match("^HTTP/1%.%d (%d%d%d)"))
  local headers = {}
  line = socket:receive("*l")
  while line and line ~= "" and line ~= "\r" do
    local name, value = line:match("^([^:]+):%s*(.-)\r?$")
    if name then headers[name:lower()] = value end
    line = socket:receive("*l")
  end
  local length = tonumber(headers["content-length"]) or 0
  local body = line and length > 0 and socket:receive(length) or ""
  -- Half an answer is none.
  if not line or #body ~= length then status = nil end
  return status, headers, body
end

tollgate = {}

-- Returns status, headers and body of Tollgate's answer, or 503; each step of it may take
-- so many seconds. core.httpclient would ask four times, and wait for seconds each time.
function tollgate.call(method, path, lines, body, seconds)
  local socket = core.tcp()
  socket:settimeout(seconds)
  if not socket:connect(HOST, tonumber(PORT)) then return 503, {}, "" end
  local head = {
    method .. " " .. path .. " HTTP/1.1",
    "Host: tollgate",
    "Connection: close",
    "X-Tollgate-Gateway: " .. CREDENTIAL,
  }
  table.move(lines, 1, #lines, #head + 1, head)
  if body ~= "" then table.insert(head, "Content-Length: " .. #body) end
  local status, headers, answer = nil, {}, ""
  if socket:send(table.concat(head, "\r\n") .. "\r\n\r\n" .. body) then
    status, headers, answer = receive(socket)
  end
  socket:close()
  return status or 503, headers, answer
end

core.register_action("tollgate", {"http-req"}, function(txn, signal, variable, asked)
  local token = variable == "-" and "" or txn:get_var(variable) or ""
  local key = memory and txn:get_var("txn.key")
  local known = key and memory.told_to_another(key, txn:get_var("txn.caller"):sub(14))
  if known then return txn:set_var("txn.told", known) end
  local began = memory and memory.clock()
  local lines = question(txn, token, asked == "query")
  local status, headers = tollgate.call("GET", "/gateway/verify/" .. signal, lines, "", SECONDS)
  if not ANSWERS[status] then status, headers = 503, {} end
  local told = {tostring(status)}
  for _, name in ipairs(TOLD) do table.insert(told, headers[name] or "") end
  local text = table.concat(told, "\n")
  if key then memory.keep(key, began, text, headers["x-tollgate-keep"] or "") end
  txn:set_var("txn.told", text)
end, 3)

-- Counts and reads arguments as a store in Go does. No pattern here goes back.
local function malformed(text)
  local _, separators = text:gsub("&", "")
  if separators >= MOST_ARGUMENTS or text:find("[^!-~]") or text:find("[;#]") then return true end
  for at in text:gmatch("()%%") do
    if not text:find("^%x%x", at + 1) then return true end
  end
  return false
end

local function sets_extra(text)
  for name in text:gmatch("[^&=]+") do
    local read = name:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
    if read:lower():find("extra_", 1, true) == 1 then return true end
  end
  return false
end

core.register_action("arguments", {"http-req"}, function(txn, place, refused)
  local text = place == "form" and form(txn) or txn.sf:query()
  if malformed(text) then
    txn:set_var("txn.wrong", MALFORMED)
  elseif refused == "extra" and sets_extra(text) then
    txn:set_var("txn.wrong", OURS)
  end
end, 2)
