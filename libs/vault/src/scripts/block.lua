-- ARGV: channel, credential, connected generation, code, message
-- The provider refuses this authorization outside its token endpoint. Answers 1, or 0 when another took its place.
if gone() or number(refresh, 'connectedGeneration') ~= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', access, 'status', 'blocked_by_provider',
  'errorCode', ARGV[4], 'errorMessage', ARGV[5], 'errorAt', whole(now()))
publish(ARGV[1], ARGV[2], number(access, 'generation'), 'blocked_by_provider')
return 1
