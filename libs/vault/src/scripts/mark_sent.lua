-- ARGV: owner, fence, generation, lease in ms. Answers 1 when the holder may send now, else 0.
if gone() then return 0 end
if redis.call('HGET', refresh, 'leaseOwner') ~= ARGV[1] then return 0 end
if redis.call('HGET', refresh, 'fence') ~= ARGV[2] then return 0 end
if number(access, 'generation') ~= tonumber(ARGV[3]) then return 0 end
local leaseUntil = whole(now() + tonumber(ARGV[4]))
redis.call('HSET', refresh, 'inflight', 'sent', 'leaseUntil', leaseUntil)
redis.call('HSET', access, 'leaseUntil', leaseUntil)
return 1
