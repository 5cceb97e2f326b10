"""The Lua scripts of the shared windows: each runs whole, on the server's own clock."""

# Two sorted sets per key, scored by milliseconds: places that are held, and failures. Both share a
# hash tag, so that a cluster keeps them together, and both expire by themselves.
_AGE = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local held, failed = KEYS[1], KEYS[2]
"""

RESERVE = (
    _AGE
    + """
local places, window, mark, stale = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local late = redis.call('ZRANGE', held, '-inf', now - stale, 'BYSCORE', 'WITHSCORES')
for i = 1, #late, 2 do
  redis.call('ZADD', failed, late[i + 1], late[i])
  redis.call('ZREM', held, late[i])
end
if #late > 0 then redis.call('PEXPIRE', failed, window) end
redis.call('ZREMRANGEBYSCORE', failed, '-inf', now - window)
local failures = redis.call('ZCARD', failed)
if failures >= places then
  local first = redis.call('ZRANGE', failed, -places, -places, 'WITHSCORES')
  return {2, tonumber(first[2]) + window - now}
end
if failures + redis.call('ZCARD', held) >= places then return {1, 0} end
redis.call('ZADD', held, now, mark)
redis.call('PEXPIRE', held, stale + window)
return {0, 0}
"""
)

FAIL = (
    _AGE
    + """
local mark, window = ARGV[1], tonumber(ARGV[2])
redis.call('ZREM', held, mark)
redis.call('ZADD', failed, now, mark)
redis.call('PEXPIRE', failed, window)
return 0
"""
)

GIVE_BACK = """
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 0
"""

HIT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local places, window = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZCARD', KEYS[1]) >= places then
  local first = redis.call('ZRANGE', KEYS[1], -places, -places, 'WITHSCORES')
  return tonumber(first[2]) + window - now
end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], window)
return -1
"""
