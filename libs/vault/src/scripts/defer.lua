-- ARGV: owner, fence, pause in ms
-- Gives a lease back unused. Nothing failed. Answers {1, when the next attempt may start} or {0}.
if redis.call('HGET', refresh, 'leaseOwner') ~= ARGV[1] then return { 0 } end
if redis.call('HGET', refresh, 'fence') ~= ARGV[2] then return { 0 } end
local notBefore = now() + tonumber(ARGV[3])
redis.call('HSET', refresh, 'notBefore', whole(notBefore))
release()
return { 1, notBefore }
