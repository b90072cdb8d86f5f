-- KEYS[1] the access half, KEYS[2] the refresh half of one credential; a stored key has one part.
local access, refresh = KEYS[1], KEYS[2]

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function number(key, field)
  return tonumber(redis.call('HGET', key, field) or '0') or 0
end

local function gone()
  return redis.call('HEXISTS', access, 'provider') == 0 or redis.call('HEXISTS', access, 'removed') == 1
end

-- Whole numbers beyond 2^31 must not turn into 1.7e+12 on their way into a field.
local function whole(value)
  return string.format('%.0f', value)
end

local function release()
  redis.call('HDEL', access, 'leaseUntil')
  redis.call('HDEL', refresh, 'leaseOwner', 'leaseUntil', 'inflight', 'suspectAt')
end

local function publish(channel, credential, generation, status)
  redis.call('PUBLISH', channel, cjson.encode({ credential = credential, generation = generation, status = status }))
end
