-- ARGV: replica, window in ms, then for each request its lease, its tokens and its cost. A lease that is settled, or
-- that is not known, stays so: told twice is told once. Answers the budgets that have passed their threshold.
local leases, span, time = leases_of(ARGV[1]), tonumber(ARGV[2]), now()
local passed = {}
for i = 3, #ARGV, 3 do
  local reserved = redis.call('HGET', leases, ARGV[i])
  if reserved then
    redis.call('HDEL', leases, ARGV[i])
    for _, item in ipairs(cjson.decode(reserved)) do
      if settle(item, tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), time, span) then
        passed[#passed + 1] = item[2]
      end
    end
  end
end
return passed
