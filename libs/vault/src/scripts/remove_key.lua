-- KEYS[1] a stored key. ARGV: channel, credential, life of the tombstone in ms
-- The generation stays behind and moves on: a gateway that missed it all still sees that the value is another.
local key = KEYS[1]
if redis.call('HEXISTS', key, 'value') == 0 then return 0 end
local generation = number(key, 'generation') + 1
redis.call('DEL', key)
redis.call('HSET', key, 'generation', generation, 'removed', '1')
redis.call('PEXPIRE', key, ARGV[3])
publish(ARGV[1], ARGV[2], generation, 'removed')
return 1
