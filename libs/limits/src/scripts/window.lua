-- Windows of time. ARGV[3]: their length in ms; ARGV[4]: the width of their buckets, a tenth of a second.
local span, TENTH, time = tonumber(ARGV[3]), tonumber(ARGV[4]), now()

-- A window: what was used, by the bucket of time in which it was, and their sum; the buckets in order beside it.
local function window_of(scope)
  local amounts = prefix .. ':window:' .. scope
  return amounts, amounts .. ':order'
end

local function add(scope, bucket, amount)
  local amounts, order = window_of(scope)
  if redis.call('HSETNX', amounts, bucket, '0') == 1 then
    redis.call('RPUSH', order, bucket)
    redis.call('PEXPIRE', order, span * 2)
  end
  redis.call('HINCRBY', amounts, bucket, whole(amount))
  redis.call('HINCRBY', amounts, 'sum', whole(amount))
  redis.call('PEXPIRE', amounts, span * 2)
end

-- The truth takes the place of an estimate, and what was not needed is given back.
local function correct(scope, bucket, by)
  local amounts = window_of(scope)
  if redis.call('HEXISTS', amounts, bucket) == 1 then
    redis.call('HINCRBY', amounts, bucket, whole(by))
    redis.call('HINCRBY', amounts, 'sum', whole(by))
  elseif by > 0 then
    -- the answer took longer than the window: what exceeds the estimate was used since
    add(scope, whole(math.floor(time / TENTH) * TENTH), by)
  end
end

-- What is used, without what has left the window.
local function used_in_window(scope, width)
  local amounts, order = window_of(scope)
  local past = time - span - (width - 1)
  local oldest = redis.call('LINDEX', order, 0)
  while oldest and tonumber(oldest) <= past do
    redis.call('LPOP', order)
    redis.call('HINCRBY', amounts, 'sum', whole(-number(amounts, oldest)))
    redis.call('HDEL', amounts, oldest)
    oldest = redis.call('LINDEX', order, 0)
  end
  return number(amounts, 'sum')
end

-- How long until so much has left the window.
local function wait_for(scope, width, amount)
  local amounts, order = window_of(scope)
  local freed, from = 0, 0
  while true do
    local buckets = redis.call('LRANGE', order, from, from + 49)
    if #buckets == 0 then return span end
    for _, bucket in ipairs(buckets) do
      freed = freed + number(amounts, bucket)
      if freed >= amount then return tonumber(bucket) + span + width - 1 - time end
    end
    from = from + 50
  end
end
