-- Sends a different token, or a different body, with each request where a file of them
-- is named; prints the whole distribution of latencies, in microseconds.
local requests, turn, pause = {}, 0, tonumber(os.getenv("WRK_PAUSE_MS") or "0")
local header, file = os.getenv("WRK_HEADER"), os.getenv("WRK_LINES")
-- LuaJIT looks at 16 bytes of a long string to tell it from others. Where these are the
-- same in all requests, to keep 100,000 takes minutes: each is written when it is sent.
local at_once = os.getenv("WRK_AS_SENT") == nil

-- Written out before the clock runs: what wrk saves is left to the server.
local function written(line)
  if not header then return wrk.format(nil, nil, nil, line) end
  wrk.headers[header] = line
  return wrk.format()
end

function init()
  wrk.method = os.getenv("WRK_METHOD") or "GET"
  wrk.headers["Content-Type"] = "application/json"
  if file then
    for line in io.lines(file) do
      requests[#requests + 1] = at_once and written(line) or line
    end
  end
end

-- wrk takes a request that never changes, and no pause at all, for much less than what a
-- function says each time: defined only where it is needed.
if file then
  function request()
    turn = turn % #requests + 1
    return at_once and requests[turn] or written(requests[turn])
  end
end

if pause > 0 then
  function delay()
    return math.random(0, 2 * pause)
  end
end

function done(summary, latency)
  io.write("DISTRIBUTION")
  for part = 0, 1000 do io.write(" ", latency:percentile(math.min(part / 10, 99.99))) end
  io.write("\n")
  local errors = summary.errors
  io.write("SUMMARY ", summary.requests, " ", summary.duration, " ", errors.status, " ",
    errors.connect + errors.read + errors.write + errors.timeout, "\n")
end
