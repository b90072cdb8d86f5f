-- KEYS[1] is the prefix of all names here. It holds the hash tag that they share, so that one call can look at the
-- limits of a key, of its team and of a model at once, on Redis Cluster too.
local prefix = KEYS[1]

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Whole numbers beyond 2^31 must not turn into 1.7e+12 on their way into a field.
local function whole(value)
  return string.format('%.0f', value)
end

local function number(key, field)
  return tonumber(redis.call('HGET', key, field) or '0')
end

local replicas, slots = prefix .. ':replicas', prefix .. ':slots'
local function leases_of(replica) return prefix .. ':leases:' .. replica end
local function budget_of(scope) return prefix .. ':budget:' .. scope end

-- A window: what was used, by the bucket of time in which it was, and their sum; the buckets in order beside it.
local function window_of(scope)
  local amounts = prefix .. ':window:' .. scope
  return amounts, amounts .. ':order'
end

local function add(scope, bucket, amount, span)
  local amounts, order = window_of(scope)
  if redis.call('HINCRBY', amounts, bucket, whole(amount)) == amount then
    redis.call('RPUSH', order, bucket)
    redis.call('PEXPIRE', order, span * 2)
  end
  redis.call('HINCRBY', amounts, 'sum', whole(amount))
  redis.call('PEXPIRE', amounts, span * 2)
end

-- What is left of a reservation: the truth takes the place of the estimate. `tokens` and `cost` are nil where nobody
-- will tell them any more. Answers whether a budget has passed its threshold.
local function settle(reserved, tokens, cost, time, span)
  local kind, scope, amount = reserved[1], reserved[2], reserved[3]
  if kind == 's' then
    if redis.call('HINCRBY', slots, scope, -1) <= 0 then redis.call('HDEL', slots, scope) end
  elseif kind == 't' and tokens then
    local amounts = window_of(scope)
    local bucket, more = whole(reserved[4]), tokens - amount
    if redis.call('HEXISTS', amounts, bucket) == 1 then
      redis.call('HINCRBY', amounts, bucket, whole(more))
      redis.call('HINCRBY', amounts, 'sum', whole(more))
    elseif more > 0 then
      -- the answer took longer than the window: what exceeds the estimate was used since
      add(scope, whole(math.floor(time / 100) * 100), more, span)
    end
  elseif kind == 'b' then
    local budget = budget_of(scope)
    redis.call('HINCRBY', budget, 'reserved', whole(-amount))
    local spent = redis.call('HINCRBY', budget, 'spent', whole(cost or amount))
    return spent >= reserved[4] and redis.call('HSETNX', budget, 'warned', 1) == 1
  end
  return false
end
