-- KEYS[1] is the prefix of all names here. It holds the hash tag that they share, so that one call can look at the
-- limits of a key, of its team and of a model at once, on Redis Cluster too.
local prefix = KEYS[1]

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Whole numbers beyond 2^31 must not turn into 1.7e+12 on their way into a field, and the negative of nothing not into -0.
local function whole(value)
  return string.format('%.0f', value + 0)
end

local function number(key, field)
  return tonumber(redis.call('HGET', key, field) or '0')
end

local replicas, slots = prefix .. ':replicas', prefix .. ':slots'
local function budget_of(scope) return prefix .. ':budget:' .. scope end

-- What a replica holds: `s:` and a scope of slots, `b:` and one of budgets; and the number of its last turn.
local function held_by(replica) return prefix .. ':held:' .. replica end
-- What was booked of the budgets of a replica that was thought dead, should it come back.
local function booked_for(replica) return prefix .. ':dead:' .. replica end

local function change_slots(scope, by)
  if redis.call('HINCRBY', slots, scope, whole(by)) <= 0 then redis.call('HDEL', slots, scope) end
end
