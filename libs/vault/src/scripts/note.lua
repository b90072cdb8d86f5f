-- ARGV: expected generation, notes
-- What became of the steps after connecting. Answers 1, or 0 when another authorization took its place.
if gone() or number(refresh, 'connectedGeneration') ~= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', access, 'notes', ARGV[2])
return 1
