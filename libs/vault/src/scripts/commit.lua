-- ARGV: channel, credential, expected generation, fence, orphan field, sealed orphan,
-- number of access pairs, access pairs…, refresh pairs…
-- Guarded by the generation and not by the lease: a token set that the provider issued is valid whoever holds the
-- lease by now. One that comes too late is kept as an orphan, never dropped.
local expected, fence, orphanField = tonumber(ARGV[3]), ARGV[4], ARGV[5]
if gone() then return { 'removed' } end

local generation = number(access, 'generation')
if generation == expected + 1 and redis.call('HGET', refresh, 'committedFence') == fence then
  return { 'committed', generation } -- our own command, sent twice by a reconnect
end
if generation ~= expected then
  redis.call('HSET', refresh, orphanField, ARGV[6])
  return { 'conflict', generation }
end

-- The line that was just spent is alive, so a sibling of an older generation has no use any more.
for _, field in ipairs(redis.call('HKEYS', refresh)) do
  local base = string.match(field, '^orphan:(%d+):')
  if field == orphanField or (base and tonumber(base) < expected) then redis.call('HDEL', refresh, field) end
end
local pairsOfAccess = tonumber(ARGV[7]) * 2
redis.call('HSET', access, unpack(ARGV, 8, 7 + pairsOfAccess))
redis.call('HSET', refresh, unpack(ARGV, 8 + pairsOfAccess))
redis.call('HSET', access, 'generation', expected + 1, 'status', 'active')
redis.call('HDEL', access, 'errorCode', 'errorMessage', 'errorAt')
redis.call('HSET', refresh, 'committedFence', fence)
redis.call('HDEL', refresh, 'notBefore', 'fails', 'unknown')
release()
publish(ARGV[1], ARGV[2], expected + 1, 'active')
return { 'committed', expected + 1 }
