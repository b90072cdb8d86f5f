-- KEYS: current, revisions, file. ARGV: revision as JSON without its number, its hash, hash of the file or '',
-- the revision that has to be current or '', most revisions, most bytes of text, channel.
-- Answers {what, current number}; what: created, unchanged or stale.
local current, revisions, file = KEYS[1], KEYS[2], KEYS[3]
local record, hash, fileHash, expected = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local number = tonumber(redis.call('GET', current) or '0')

if fileHash ~= '' then
  if redis.call('GET', file) == fileHash then return { 'unchanged', number } end
end
if expected ~= '' and tonumber(expected) ~= number then return { 'stale', number } end
if fileHash ~= '' then redis.call('SET', file, fileHash) end

local before = redis.call('HGET', revisions, number)
if before and cjson.decode(before).hash == hash then return { 'unchanged', number } end

number = number + 1
local revision = cjson.decode(record)
revision.number = number
redis.call('HSET', revisions, number, cjson.encode(revision))
redis.call('SET', current, number)

-- The newest stay, within bounds of number and size; the one in force always.
local bytes = 0
local kept = 0
for n = number, 1, -1 do
  local length = redis.call('HSTRLEN', revisions, n)
  if length == 0 then break end
  bytes = bytes + length
  kept = kept + 1
  if n < number and (kept > tonumber(ARGV[5]) or bytes > tonumber(ARGV[6])) then redis.call('HDEL', revisions, n) end
end
redis.call('PUBLISH', ARGV[7], number)
return { 'created', number }
