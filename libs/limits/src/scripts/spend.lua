-- ARGV for each budget: scope, cost, threshold, end. What was spent while Redis was away.
local passed = {}
for i = 1, #ARGV, 4 do
  local budget = budget_of(ARGV[i])
  local spent = redis.call('HINCRBY', budget, 'spent', ARGV[i + 1])
  redis.call('PEXPIREAT', budget, whole(tonumber(ARGV[i + 3]) + 86400000))
  if spent >= tonumber(ARGV[i + 2]) and redis.call('HSETNX', budget, 'warned', 1) == 1 then
    passed[#passed + 1] = ARGV[i]
  end
end
return passed
