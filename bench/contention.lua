-- wrk's requests: `-- STRATEGY FIRST LAST`. Orders from FIRST to LAST, drawn at random, are PUT whole to the lab, with the
-- status that they have, so that each strategy has its rule to check and every change is allowed, however often.
local requests = {}

function init(args)
  local strategy, first, last = args[1], tonumber(args[2]), tonumber(args[3])
  wrk.headers["Content-Type"] = "application/json"
  for i = first, last do
    for _, menu in ipairs({"떡볶이", "참치김밥"}) do
      local body = '{"customer_name":"김고객","restaurant_name":"맛나분식","menu":"' .. menu ..
                   '","quantity":2,"total_price":18000,"delivery_address":"서울시 마포구 월드컵로 12","status":"pending"}'
      requests[#requests + 1] = wrk.format("PUT", "/lab/" .. strategy .. "/orders/" .. i .. "/", nil, body)
    end
  end
  math.randomseed(1)
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency, _)
  local bad = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, bad.status,
                         bad.connect + bad.read + bad.write + bad.timeout, summary.duration,
                         latency:percentile(50), latency:percentile(99)))
end
