-- Asks Tollgate about a request: http-request lua.tollgate <signal> <token in arguments>
--
-- Sets txn.status, and of a good answer txn.tenants (X-Scope-OrgID), txn.tenant (AccountID),
-- txn.kind, txn.args and txn.logql. Whatever goes wrong is 503, so that shippers keep what
-- they have.

local ADDRESS = os.getenv("TOLLGATE_ADDRESS") or "http://127.0.0.1:8000"
local CREDENTIAL = os.getenv("TOLLGATE_GATEWAY")
local TOLD = {
  tenants = "x-scope-orgid",
  tenant = "accountid",
  kind = "x-tollgate-kind",
  args = "x-tollgate-args",
  logql = "x-tollgate-logql",
}

-- These headers go to Tollgate and no other.
local function shown(txn, token)
  local headers = {
    ["x-tollgate-gateway"] = {CREDENTIAL},
    ["x-tollgate-token"] = {token},
    ["x-real-ip"] = {txn.f:src()},
  }
  for _, name in ipairs({"x-api-token", "authorization", "cookie", "user-agent"}) do
    -- req_hdr would end at the first comma, which agents and cookies have in them.
    local value = txn.sf:req_fhdr(name, 1)
    if value ~= "" then headers[name] = {value} end
  end
  return headers
end

core.register_action("tollgate", {"http-req"}, function(txn, signal, variable)
  local token = variable == "-" and "" or txn:get_var(variable) or ""
  txn:set_var("txn.status", 503)
  local answer = core.httpclient():get({
    url = ADDRESS .. "/gateway/verify/" .. signal,
    headers = shown(txn, token),
    timeout = 2000,
  })
  if answer.status == 401 or answer.status == 403 then txn:set_var("txn.status", answer.status) end
  if answer.status ~= 204 then return end
  for name, header in pairs(TOLD) do
    local values = answer.headers[header]
    txn:set_var("txn." .. name, values and values[0] or "")
  end
  txn:set_var("txn.status", 204)
end, 2)
