-- ARGV: replica, its life in ms from now, 0 to leave. Those whose life has ended were killed: slots that they held are
-- given back, and what they had in flight counts as it was estimated. Answers how many are alive.
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
  local held, booked = redis.call('HGETALL', held_by(other)), false
  for i = 1, #held, 2 do
    local kind, scope, amount = string.sub(held[i], 1, 2), string.sub(held[i], 3), tonumber(held[i + 1])
    if kind == 's:' then
      change_slots(scope, -amount)
    elseif kind == 'b:' then
      redis.call('HINCRBY', budget_of(scope), 'reserved', whole(-amount))
      redis.call('HINCRBY', budget_of(scope), 'spent', whole(amount))
      booked = true
    end
  end
  if booked and other ~= replica then
    redis.call('RENAME', held_by(other), booked_for(other))
    redis.call('PEXPIRE', booked_for(other), 86400000)
  else
    redis.call('DEL', held_by(other))
  end
  redis.call('ZREM', replicas, other)
end
return redis.call('ZCARD', replicas)
