-- wrk's requests: `-- read|change LAST FIRST`. Each order from FIRST to LAST is read from v2, or is accepted there, in
-- turn. All are put together beforehand.
local requests = {}
local turn = 0

function init(args)
  local what, last, first = args[1], tonumber(args[2]), tonumber(args[3])
  wrk.headers["Content-Type"] = "application/json"
  for i = first, last do
    local path = "/api/v2/orders/" .. i .. "/"
    local body = what == "change" and '{"status": "preparing"}' or nil
    requests[#requests + 1] = wrk.format(what == "change" and "PUT" or "GET", path, nil, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency, _)
  local bad = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, bad.status,
                         bad.connect + bad.read + bad.write + bad.timeout, summary.duration,
                         latency:percentile(50), latency:percentile(99)))
end
