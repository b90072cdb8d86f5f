-- ARGV: newer than or '', force '1'|'0', shortest time between two forced refreshes, and between two refreshes, in ms
-- Makes a credential due. Answers {what, due at}.
local newerThan, force, throttleMs, intervalMs = tonumber(ARGV[1]), ARGV[2] == '1', tonumber(ARGV[3]), tonumber(ARGV[4])
if gone() then return { 'missing' } end
local status = redis.call('HGET', access, 'status')
if status == 'reauthorization_required' then return { 'terminal' } end
if status == 'blocked_by_provider' and not force then return { 'terminal' } end
if newerThan and number(access, 'generation') > newerThan then return { 'fresh' } end

local time = now()
local recently = time - number(access, 'forcedAt') < throttleMs
local refreshAt = number(access, 'refreshAt')
local soon = recently and refreshAt <= time + intervalMs -- forced, and waiting for the shortest interval to pass
local pending = status ~= 'blocked_by_provider'
  and (refreshAt <= time or soon or number(refresh, 'leaseUntil') > time)
if pending and (recently or not force) then
  return { 'queued', math.max(number(refresh, 'notBefore'), refreshAt) }
end
if recently then return { 'throttled' } end

local dueAt = time
if not pending then
  dueAt = math.max(time, number(access, 'lastRefreshAt') + intervalMs, number(access, 'earliestRefreshAt'))
end
redis.call('HSET', access, 'forcedAt', whole(time), 'refreshAt', whole(dueAt))
if status == 'blocked_by_provider' then redis.call('HSET', access, 'status', 'refresh_failing') end
if force then redis.call('HDEL', refresh, 'notBefore') end
return { 'queued', math.max(number(refresh, 'notBefore'), dueAt) }
