-- KEYS[1] the record. ARGV: field, envelope it had, envelope it is to have.
-- A record that changed meanwhile keeps its newer envelope. Answers 1 when it was swapped, else 0.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
