-- KEYS[1] the lane. ARGV: shortest time between two starts and longest wait, in ms.
-- Answers {1, how long to wait for a place that is now the caller's}, or {0, how long the lane is full beyond that}.
local spacingMs, patienceMs = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = now()
local startAt = math.max(time, tonumber(redis.call('GET', KEYS[1]) or '0'))
local wait = startAt - time
if wait > patienceMs then return { 0, wait } end
redis.call('SET', KEYS[1], whole(startAt + spacingMs), 'PX', math.max(1, wait + spacingMs))
return { 1, wait }
