-- ARGV: channel, credential, expected generation, number of access pairs, access pairs…, refresh pairs…
-- Stores a first or a new authorization. Answers {1} or, when another writer was faster, {0}.
-- Whoever spends the old refresh token now finds the generation moved on.
local expected = tonumber(ARGV[3])
if number(access, 'generation') ~= expected then return { 0 } end

local fence = redis.call('HGET', refresh, 'fence')
redis.call('DEL', access, refresh)
local pairsOfAccess = tonumber(ARGV[4]) * 2
redis.call('HSET', access, unpack(ARGV, 5, 4 + pairsOfAccess))
redis.call('HSET', refresh, unpack(ARGV, 5 + pairsOfAccess))
redis.call('HSET', access, 'generation', expected + 1, 'status', 'active')
redis.call('HSET', refresh, 'connectedGeneration', expected + 1, 'fence', fence or '0')
publish(ARGV[1], ARGV[2], expected + 1, 'active')
return { 1 }
