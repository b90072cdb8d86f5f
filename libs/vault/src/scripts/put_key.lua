-- KEYS[1] a stored key. ARGV: channel, credential, expected generation, sealed value, fingerprint, time, who
-- Stores a first or a new value. Answers {1} or, when another writer was faster, {0}.
local key = KEYS[1]
local expected = tonumber(ARGV[3])
if number(key, 'generation') ~= expected then return { 0 } end

if redis.call('HDEL', key, 'removed') == 1 then redis.call('PERSIST', key) end
redis.call('HSETNX', key, 'createdAt', ARGV[6])
redis.call('HSETNX', key, 'createdBy', ARGV[7])
redis.call('HSET', key, 'value', ARGV[4], 'fingerprint', ARGV[5], 'updatedAt', ARGV[6], 'updatedBy', ARGV[7],
  'generation', expected + 1)
publish(ARGV[1], ARGV[2], expected + 1, 'active')
return { 1 }
