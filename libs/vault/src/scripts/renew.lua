-- ARGV: owner, fence, lease in ms. Answers 1 while the lease is held, else 0.
if redis.call('HGET', refresh, 'leaseOwner') ~= ARGV[1] then return 0 end
if redis.call('HGET', refresh, 'fence') ~= ARGV[2] then return 0 end
local leaseUntil = whole(now() + tonumber(ARGV[3]))
redis.call('HSET', refresh, 'leaseUntil', leaseUntil)
redis.call('HDEL', refresh, 'suspectAt')
redis.call('HSET', access, 'leaseUntil', leaseUntil)
return 1
