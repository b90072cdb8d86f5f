-- ARGV: channel, credential, life of the tombstone in ms, generation that it has to be of or ''
-- Forgets a credential. The generation stays behind and moves on, so that a commit under way finds nothing to
-- revive. Answers what was stored: {access pairs, refresh pairs}, {} when there was nothing, or
-- {'changed'} when it is of another generation.
if gone() then return {} end
if ARGV[4] ~= '' and number(access, 'generation') ~= tonumber(ARGV[4]) then return { 'changed' } end
local before = { redis.call('HGETALL', access), redis.call('HGETALL', refresh) }
local generation = number(access, 'generation') + 1
local fence = redis.call('HGET', refresh, 'fence') or '0'
redis.call('DEL', access, refresh)
redis.call('HSET', access, 'generation', generation, 'removed', '1')
redis.call('HSET', refresh, 'fence', fence)
redis.call('PEXPIRE', access, ARGV[3])
redis.call('PEXPIRE', refresh, ARGV[3])
publish(ARGV[1], ARGV[2], generation, 'removed')
return before
