-- One batch. KEYS[1] is the store's prefix. ARGV: node, incarnation, sequence of the
-- batch, effects that the node is known to have had, limits of ids, emitters, sources,
-- then for each effect two: JSON,
-- {source, incarnation, seq, lo, hash, messages, bytes, levels, names, counts}, where numbers
-- that may exceed 2^53 and those that are compared are hexadecimal text of fixed width; and
-- what its messages say, a digest in its stored form (empty: that is not kept).
local P, node, inc, batch = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
local fence = tonumber(redis.call('HGET', P .. 'inc', node) or '0')
if fence > inc then return redis.error_reply('FENCED incarnation ' .. fence .. ' of ' .. node .. ' uses the store') end
local had = tonumber(redis.call('HGET', P .. 'n', node) or '0')
if had < tonumber(ARGV[4]) then return redis.error_reply('LOST the store has ' .. had .. ' effects of ' .. node .. ', it had ' .. ARGV[4]) end

local name = inc .. '/' .. batch
if redis.call('HGET', P .. 'last', node) == name then
  redis.call('INCR', P .. 'writes') -- for WAIT: this connection may not have written yet
  return redis.call('HGET', P .. 'answer', node)
end

local ids = tonumber(redis.call('GET', P .. 'ids') or '0')
local NOBODY = '00000000'

-- The incarnations of a source that are remembered; 0 stands for inputs and is never
-- the oldest.
local function window(source, winc)
  local w = {source = source, inc = winc, incs = P .. 'incs:' .. source}
  w.key = P .. 'w:' .. source .. ':' .. winc
  w.known = redis.call('HEXISTS', P .. 'emitters', source) == 1
  w.low = redis.call('HGET', P .. 'low', source .. ':' .. winc)
  if not w.low and w.known then
    w.full = redis.call('ZCARD', w.incs) >= 16
    if w.full then
      w.oldest = redis.call('ZRANGEBYLEX', w.incs, '(' .. NOBODY, '+', 'LIMIT', 0, 1)[1]
      w.forgotten = winc ~= NOBODY and winc < w.oldest
    end
  end
  return w
end

local function emitters() return redis.call('HLEN', P .. 'emitters') end

local function open(w)
  if not w.known then
    w.known = true
    redis.call('HSET', P .. 'emitters', w.source, 0)
  end
  if w.low then return end
  if w.full then
    local old = P .. 'w:' .. w.source .. ':' .. w.oldest
    ids = ids - redis.call('ZCARD', old)
    redis.call('DEL', old)
    redis.call('HDEL', P .. 'low', w.source .. ':' .. w.oldest)
    redis.call('ZREM', w.incs, w.oldest)
  end
  w.low = '0000000000000001'
  redis.call('HSET', P .. 'low', w.source .. ':' .. w.inc, w.low)
  redis.call('ZADD', w.incs, 0, w.inc)
end

local function raise(w, lo)
  open(w)
  if lo <= w.low then return end
  w.low = lo
  redis.call('HSET', P .. 'low', w.source .. ':' .. w.inc, lo)
  ids = ids - redis.call('ZREMRANGEBYLEX', w.key, '-', '(' .. lo)
end

local FRESH, SEEN, BELOW, CONFLICT, NOROOM = 0, 1, 3, 4, 5
local room = {ids = tonumber(ARGV[5]), emitters = tonumber(ARGV[6]), sources = tonumber(ARGV[7])}

local function look(w, seq, hash)
  if not w.known and emitters() >= room.emitters then return NOROOM end
  if w.forgotten or (w.low and seq < w.low) then return BELOW end
  local old = redis.call('ZRANGEBYLEX', w.key, '[' .. seq, '(' .. seq .. 'g', 'LIMIT', 0, 1)[1]
  if old then
    if string.sub(old, 18, 25) ~= hash then return CONFLICT end
    return SEEN
  end
  if ids >= room.ids and seq ~= (w.low or '0000000000000001') then return NOROOM end
  return FRESH
end

local function count(key, field, by)
  if by ~= 0 then redis.call('HINCRBY', key, field, string.format('%.0f', by)) end
end

local answer, msgs = {}, 0
for i = 8, #ARGV, 2 do
  local e = cjson.decode(ARGV[i])
  local source, seq, lo, hash = e[1], e[3], e[4], e[5]
  local w = window(source, e[2])
  if lo > '0000000000000001' and not w.forgotten and (w.known or emitters() < room.emitters) then raise(w, lo) end
  local is = look(w, seq, hash)
  if is == FRESH then
    open(w)
    had = had + 1
    ids = ids + 1
    redis.call('ZADD', w.key, 0, seq .. ':' .. hash .. ':' .. node)
    msgs = msgs + e[6]
    count(P .. 'totals', 'bytes', e[7])
    for l, v in ipairs(e[8]) do count(P .. 'totals', 'level' .. l, v) end
    count(P .. 'emitters', source, 1)
    count(P .. 'emitted', source, e[6])
    for s, v in ipairs(e[10]) do
      local from = e[9][s]
      if redis.call('HEXISTS', P .. 'sources', from) == 1 or redis.call('HLEN', P .. 'sources') < room.sources then
        count(P .. 'sources', from, v)
      else
        count(P .. 'totals', 'others', v)
      end
    end
    if ARGV[i + 1] ~= '' then redis.call('RPUSH', P .. 'added:' .. node, ARGV[i + 1]) end
    answer[#answer + 1] = '0:' .. string.format('%.0f', had)
  else
    answer[#answer + 1] = is .. ':0'
  end
end

redis.call('SET', P .. 'ids', string.format('%.0f', ids))
redis.call('HSET', P .. 'n', node, string.format('%.0f', had))
count(P .. 'msgs', node, msgs)
count(P .. 'totals', 'messages', msgs)
local out = string.format('%.0f', had) .. ' ' .. (redis.call('HGET', P .. 'msgs', node) or '0') .. ' ' .. table.concat(answer, ' ')
redis.call('HSET', P .. 'last', node, name)
redis.call('HSET', P .. 'answer', node, out)
return out
