-- wrk's requests: `-- METHOD PREFIX ORDERS` reads (GET) or changes (PUT) the orders 1 to ORDERS in turn.
-- All are put together beforehand, so that wrk spends its time on sending.
local requests = {}
local turn = 0

function init(args)
  local method, prefix, orders = args[1], args[2], tonumber(args[3])
  local statuses = {"preparing", "cancelled", "pending"}
  for i = 1, orders * (method == "PUT" and #statuses or 1) do
    local path = prefix .. ((i - 1) % orders + 1) .. "/"
    local body = nil
    if method == "PUT" then
      wrk.headers["Content-Type"] = "application/json"
      body = '{"status": "' .. statuses[math.floor((i - 1) / orders) % #statuses + 1] .. '"}'
    end
    requests[i] = wrk.format(method, path, nil, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency, _)
  local bad = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, bad.status,
                         bad.connect + bad.read + bad.write + bad.timeout, summary.duration,
                         latency:percentile(99)))
end
