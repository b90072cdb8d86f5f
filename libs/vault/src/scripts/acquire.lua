-- ARGV: owner, seen generation or '', lease in ms, dead owner or '', grace in ms before an expired lease whose
-- grant may be on its way is taken over.
-- Answers who may spend the refresh token now: at most one owner at a time.
local owner, seen, leaseMs, deadOwner, graceMs =
  ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
if gone() then return { 'missing' } end

local status = redis.call('HGET', access, 'status')
if status == 'reauthorization_required' or status == 'blocked_by_provider' then return { 'terminal', status } end
local generation = number(access, 'generation')
if seen and generation > seen then return { 'fresh', generation } end

local time = now()
local holder = redis.call('HGET', refresh, 'leaseOwner')
local again = holder == owner -- our own command, sent twice by a reconnect
if holder and not again and holder ~= deadOwner then
  local leaseUntil = number(refresh, 'leaseUntil')
  if leaseUntil > time then return { 'busy', holder, leaseUntil } end
  if redis.call('HGET', refresh, 'inflight') == 'sent' then
    -- A holder cut off by a Redis outage gets a moment after it to renew or to commit.
    local suspectAt = number(refresh, 'suspectAt')
    if suspectAt == 0 then
      suspectAt = time
      redis.call('HSET', refresh, 'suspectAt', whole(time))
    end
    if time - suspectAt < graceMs then return { 'busy', holder, suspectAt + graceMs } end
  end
end

if not again then
  local notBefore = math.max(number(refresh, 'notBefore'), number(access, 'refreshAt'))
  if notBefore > time then return { 'waiting', notBefore } end
  if redis.call('HGET', refresh, 'inflight') == 'sent' then
    -- The holder died between sending and committing: only the provider knows whether it rotated.
    redis.call('HSETNX', refresh, 'unknown', whole(time))
    redis.call('HSET', access, 'errorCode', 'unknown_rotation', 'errorMessage',
      'a refresh was interrupted after its request was sent', 'errorAt', whole(time))
  end
  redis.call('HINCRBY', refresh, 'fence', 1)
end
redis.call('HDEL', refresh, 'suspectAt')
redis.call('HSET', refresh, 'leaseOwner', owner, 'leaseUntil', whole(time + leaseMs), 'inflight', 'prepared')
redis.call('HSET', access, 'leaseUntil', whole(time + leaseMs))
return { 'granted', redis.call('HGET', refresh, 'fence'), redis.call('HGETALL', access), redis.call('HGETALL', refresh) }
