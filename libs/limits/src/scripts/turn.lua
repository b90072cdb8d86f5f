-- What a replica has to state and to ask, in one call: first what is over, whose slots may be what the next request waits
-- for, then the requests in the order in which they came, each all or nothing, then what it would like to have in advance.
-- ARGV: replica, its life in ms, the window and a bucket in ms, number of the turn, then two lists in JSON: one text is
-- cheaper to send than its parts.
-- Statements: kind, scope, limit, the width of a bucket or the end of a budget, threshold of a budget, held, spent, 1 if
-- an advance ends, wanted in advance, corrections: bucket, difference, and so on.
-- Requests: place of a statement, from 0, and amount, for each limit that is asked.
-- Answers the time; 0 to a replica that is not known, 2 to a turn that was had before, else 1; places of budgets that have
-- passed their thresholds; used and advance of each statement; for each request: 1 granted, 0 refused, 2 later, which one
-- has no room, wait in ms, and used of each.
local replica, life, turn = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5])
-- What is taken in advance is for the running tenth of a second; one more until nobody waits for what comes back of it.
local bucket_end = (math.floor(time / TENTH) + 1) * TENTH

-- The replicas that have an advance of a scope, and when it ends.
local function advances_of(scope) return prefix .. ':advances:' .. scope end

local function others_may_return(scope)
  local ends = redis.call('HGETALL', advances_of(scope))
  for i = 1, #ends, 2 do
    if ends[i] ~= replica and tonumber(ends[i + 1]) + TENTH > time then return true end
  end
  return false
end

local mine = held_by(replica)
local last = redis.call('HGET', mine, 'turn')
if not last then
  redis.call('ZADD', replicas, 'NX', time + life, replica)
  -- thought dead, and alive: the truth will take the place of what was booked
  local booked = redis.call('HGETALL', booked_for(replica))
  for i = 1, #booked, 2 do
    if string.sub(booked[i], 1, 2) == 'b:' then
      redis.call('HINCRBY', budget_of(string.sub(booked[i], 3)), 'spent', whole(-booked[i + 1]))
    end
  end
  redis.call('DEL', booked_for(replica))
elseif turn <= tonumber(last) then
  return { time, 2, {}, {}, {} }
end
redis.call('HSET', mine, 'turn', turn)

local passed, accounts = {}, {}

for place, packed in ipairs(cjson.decode(ARGV[6])) do
  local account = {
    kind = packed[1],
    scope = packed[2],
    limit = packed[3],
    width = packed[4],
    held = packed[6],
    wanted = packed[9],
    taken = 0,
  }
  accounts[place] = account
  if packed[8] == 1 then redis.call('HDEL', advances_of(account.scope), replica) end
  if account.kind == 's' then
    account.before = number(mine, 's:' .. account.scope)
    account.used = number(slots, account.scope) - account.before + account.held
  elseif account.kind == 'b' then
    local budget, spent = budget_of(account.scope), packed[7]
    account.before = number(mine, 'b:' .. account.scope)
    local all = number(budget, 'spent')
    if spent ~= 0 then
      all = redis.call('HINCRBY', budget, 'spent', whole(spent))
      -- once, and once more where the budget has been raised since
      if all >= packed[5] and packed[5] > tonumber(redis.call('HGET', budget, 'warned') or '-1') then
        redis.call('HSET', budget, 'warned', whole(packed[5]))
        passed[#passed + 1] = place - 1
      end
    end
    account.used = all + number(budget, 'reserved') - account.before + account.held
  else
    local corrections = packed[10]
    for i = 1, #corrections, 2 do correct(account.scope, whole(corrections[i]), corrections[i + 1]) end
    account.used = used_in_window(account.scope, account.width)
  end
end

-- Where there is no room: how long it lasts.
local function lasting(account, amount)
  local over = account.used + amount - account.limit
  if account.kind == 's' then return over > 0 and 1000 end
  -- a budget is used whole
  if account.kind == 'b' then return account.used >= account.limit and account.width - time end
  return over > 0 and wait_for(account.scope, account.width, over)
end

local verdicts = {}
for number_of, request in ipairs(cjson.decode(ARGV[7])) do
  local verdict, refused, wait, final = { 1, 0, 0 }, nil, 0, false
  for i = 1, #request, 2 do
    local account, amount = accounts[request[i] + 1], request[i + 1]
    local lasts = lasting(account, amount)
    -- of several the one that lasts longest is what to wait for
    if lasts then
      if not refused or lasts > wait then refused, wait = (i - 1) / 2, lasts end
      if account.later == nil then account.later = others_may_return(account.scope) end
      account.wanted = 0
      final = final or not account.later
    end
    verdict[3 + (i + 1) / 2] = account.used
  end
  if refused then
    verdict[1], verdict[2], verdict[3] = final and 0 or 2, refused, math.max(1, wait)
  else
    for i = 1, #request, 2 do
      local account, amount = accounts[request[i] + 1], request[i + 1]
      account.taken = account.taken + amount
      account.used = account.used + amount
      verdict[3 + (i + 1) / 2] = account.used
    end
  end
  verdicts[number_of] = verdict
end

local opened = {}
for _, account in ipairs(accounts) do
  local scope, advance = account.scope, 0
  -- only where there is plenty: it must not be why another request is refused
  if account.wanted > 0 and 4 * account.wanted <= account.limit - account.used then
    advance = account.wanted
    redis.call('HSET', advances_of(scope), replica, whole(bucket_end))
    redis.call('PEXPIRE', advances_of(scope), 10 * TENTH)
  end
  local taken = account.taken + advance
  if account.kind == 's' or account.kind == 'b' then
    local change, field = account.held + taken - account.before, account.kind .. ':' .. scope
    if change ~= 0 then
      if account.kind == 's' then
        change_slots(scope, change)
      else
        redis.call('HINCRBY', budget_of(scope), 'reserved', whole(change))
      end
      if redis.call('HINCRBY', mine, field, whole(change)) == 0 then redis.call('HDEL', mine, field) end
    end
    -- the end of a period is not the end of what is in flight
    if account.kind == 'b' then redis.call('PEXPIREAT', budget_of(scope), whole(account.width + 86400000)) end
  elseif taken > 0 then
    add(scope, whole(math.floor(time / account.width) * account.width), taken)
  end
  opened[#opened + 1] = account.used
  opened[#opened + 1] = advance
end
return { time, last and 1 or 0, passed, opened, verdicts }
