-- ARGV: replica, its life in ms from now, 0 to leave. Those whose life has ended were killed: what they held is given
-- back, and what they had in flight counts as it was estimated. Answers how many are alive.
local replica, life, time = ARGV[1], tonumber(ARGV[2]), now()
local mine = tonumber(redis.call('ZSCORE', replicas, replica) or '0')
local ended = redis.call('ZRANGEBYSCORE', replicas, '-inf', time)
if life > 0 then
  redis.call('ZADD', replicas, time + life, replica)
  if mine > 0 and mine <= time then
    -- we live and are late: it may have been Redis that stood still, and nobody could say so; once more for all
    for _, other in ipairs(ended) do redis.call('ZADD', replicas, time + life, other) end
    ended = {}
  end
else
  ended[#ended + 1] = replica
end
for _, other in ipairs(ended) do
  for _, reserved in ipairs(redis.call('HVALS', leases_of(other))) do
    for _, item in ipairs(cjson.decode(reserved)) do settle(item, nil, nil, time, 0) end
  end
  redis.call('DEL', leases_of(other))
  redis.call('ZREM', replicas, other)
end
return redis.call('ZCARD', replicas)
