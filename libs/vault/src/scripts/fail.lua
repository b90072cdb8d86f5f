-- ARGV: channel, credential, expected generation, fence, new status, code, message, back-off in ms, unknown '1'|'0'
-- A negative result counts only from the holder of the lease, for the generation it spent.
-- Answers {1, when the next attempt may start} or {0}.
if gone() then return { 0 } end
local generation = number(access, 'generation')
if generation ~= tonumber(ARGV[3]) then return { 0 } end
if redis.call('HGET', refresh, 'fence') ~= ARGV[4] then return { 0 } end

local time = now()
local status = ARGV[5]
local before = redis.call('HGET', access, 'status')
local notBefore = time + tonumber(ARGV[8])
redis.call('HSET', access, 'status', status, 'errorCode', ARGV[6], 'errorMessage', ARGV[7], 'errorAt', whole(time))
redis.call('HSET', refresh, 'notBefore', whole(notBefore))
redis.call('HINCRBY', refresh, 'fails', 1)
if ARGV[9] == '1' then redis.call('HSETNX', refresh, 'unknown', whole(time)) end
release()
if status ~= before then publish(ARGV[1], ARGV[2], generation, status) end
return { 1, notBefore }
