-- KEYS: the stream, the chain. ARGV: hash of the entry before, the entry, its number, its hash, most entries, batch.
-- Answers {1, number, hash}, or {0, number, hash} of the newest entry where another came first.
local stream, chain = KEYS[1], KEYS[2]
local head = redis.call('HMGET', chain, 'seq', 'hash')
local seq, hash = tonumber(head[1] or '0'), head[2] or ''
if hash ~= ARGV[1] then return { 0, seq, hash } end

redis.call('XADD', stream, '*', 'entry', ARGV[2], 'hash', ARGV[4])
redis.call('HSET', chain, 'seq', ARGV[3], 'hash', ARGV[4])

-- What retention drops leaves a checkpoint, so that the oldest entry that is kept still has something to follow.
if redis.call('XLEN', stream) >= tonumber(ARGV[5]) + tonumber(ARGV[6]) then
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', tonumber(ARGV[6]) + 1)
  local last, first = oldest[#oldest - 1], oldest[#oldest]
  redis.call('HSET', chain, 'checkpointSeq', cjson.decode(last[2][2]).seq, 'checkpointHash', last[2][4])
  redis.call('XTRIM', stream, 'MINID', first[1])
end
return { 1, tonumber(ARGV[3]), ARGV[4] }
