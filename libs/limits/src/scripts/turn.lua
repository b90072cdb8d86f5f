-- What a replica has to tell and to ask, in one call: first what is over, whose slots may be what the next request waits
-- for, then the requests in the order in which they came, each all or nothing.
-- ARGV: replica, its life in ms, the window in ms, then two lists in JSON: one text is cheaper to send than its parts.
-- Settlements: lease, tokens, cost. A lease that is settled, or that is not known, stays so: told twice is told once.
-- Requests: lease (empty: nothing to settle), then the checks: kind, scope, limit, amount, and for requests and tokens
-- the width of a bucket, for a budget its end and its threshold.
-- Answers the budgets that have passed their threshold, then for each request: granted, time, which check refused
-- (from 0), wait in ms, and what is used of each limit.
local replica, life, span = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = now()

-- What is used, without what has left the window.
local function used_of(scope, width)
  local amounts, order = window_of(scope)
  local past = time - span - (width - 1)
  local oldest = redis.call('LINDEX', order, 0)
  while oldest and tonumber(oldest) <= past do
    redis.call('LPOP', order)
    redis.call('HINCRBY', amounts, 'sum', whole(-number(amounts, oldest)))
    redis.call('HDEL', amounts, oldest)
    oldest = redis.call('LINDEX', order, 0)
  end
  return number(amounts, 'sum')
end

-- How long until so much has left the window.
local function wait_for(scope, width, amount)
  local amounts, order = window_of(scope)
  local freed, from = 0, 0
  while true do
    local buckets = redis.call('LRANGE', order, from, from + 49)
    if #buckets == 0 then return span end
    for _, bucket in ipairs(buckets) do
      freed = freed + number(amounts, bucket)
      if freed >= amount then return tonumber(bucket) + span + width - 1 - time end
    end
    from = from + 50
  end
end

-- Answers what is used, and where there is no room how long it lasts.
local function look(check)
  if check.kind == 's' then
    local used = number(slots, check.scope)
    return used, used >= check.limit and 1000
  elseif check.kind == 'b' then
    local budget = budget_of(check.scope)
    local used = number(budget, 'spent') + number(budget, 'reserved')
    return used, used >= check.limit and check.width - time
  end
  local used = used_of(check.scope, check.width)
  local over = used + check.amount - check.limit
  return used, over > 0 and wait_for(check.scope, check.width, over)
end

local function take(check)
  if check.kind == 's' then
    redis.call('HINCRBY', slots, check.scope, 1)
    return { 's', check.scope, 1 }
  elseif check.kind == 'b' then
    local budget = budget_of(check.scope)
    redis.call('HINCRBY', budget, 'reserved', whole(check.amount))
    -- the end of a period is not the end of what is in flight
    redis.call('PEXPIREAT', budget, whole(check.width + 86400000))
    return { 'b', check.scope, check.amount, check.warn }
  end
  local bucket = math.floor(time / check.width) * check.width
  add(check.scope, whole(bucket), check.amount, span)
  if check.kind == 't' then return { 't', check.scope, check.amount, bucket } end
end

local passed, answers = {}, {}
local leases = leases_of(replica)

for _, settlement in ipairs(cjson.decode(ARGV[4])) do
  local lease, tokens, cost = settlement[1], settlement[2], settlement[3]
  local reserved = redis.call('HGET', leases, lease)
  if reserved then
    redis.call('HDEL', leases, lease)
    for _, item in ipairs(cjson.decode(reserved)) do
      if settle(item, tokens, cost, time, span) then passed[#passed + 1] = item[2] end
    end
  end
end

for number_of, request in ipairs(cjson.decode(ARGV[5])) do
  local lease = request[1]
  local checks, answer, refused, wait = {}, { 1, time, 0, 0 }, nil, 0
  for i = 1, #request - 1 do
    local packed = request[i + 1]
    local check = {
      kind = packed[1],
      scope = packed[2],
      limit = packed[3],
      amount = packed[4],
      width = packed[5],
      warn = packed[6],
    }
    local used, lasts = look(check)
    -- of several the one that lasts longest is what to wait for
    if lasts and (not refused or lasts > wait) then refused, wait = i - 1, lasts end
    checks[i], answer[4 + i] = check, used
  end
  if refused then
    answer[1], answer[3], answer[4] = 0, refused, math.max(1, wait)
  else
    local reserved = {}
    for i, check in ipairs(checks) do
      reserved[#reserved + 1] = take(check)
      answer[4 + i] = answer[4 + i] + check.amount
    end
    if lease ~= '' then
      redis.call('ZADD', replicas, 'NX', time + life, replica)
      redis.call('HSET', leases, lease, cjson.encode(reserved))
    end
  end
  answers[number_of] = answer
end
return { passed, answers }
