package redisstore

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"weir/system/digest"
	"weir/system/store"
)

// What the messages of an analyser's effects add up to is a digest and a list of what
// single effects added to it since. The script that takes an effect in appends what it
// adds; after FoldAt bytes of that the analyser itself folds them into the digest. Each
// analyser has its own, of its own effects, so that those of all who share a store add
// up to the store's.

// foldMost is how many times FoldAt may wait where the server takes effects in and will
// not fold; then it takes in no more.
const foldMost = 8

// kept is what the server has of it.
type kept struct {
	whole    []byte
	added    [][]byte
	messages uint64 // of all effects of this analyser
}

func (s *Store) wholeKey() string { return s.prefix + "results:" + s.node }
func (s *Store) addedKey() string { return s.prefix + "added:" + s.node }

// read reads it at one moment.
func (s *Store) read(ctx context.Context) (k kept, err error) {
	var whole, messages *redis.StringCmd
	var added *redis.StringSliceCmd
	_, err = s.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		whole, added = p.Get(ctx, s.wholeKey()), p.LRange(ctx, s.addedKey(), 0, -1)
		messages = p.HGet(ctx, s.prefix+"msgs", s.node)
		return nil
	})
	if err != nil && err != redis.Nil {
		return k, err
	}
	k.whole, _ = whole.Bytes()
	for _, b := range added.Val() {
		k.added = append(k.added, []byte(b))
	}
	if text := messages.Val(); text != "" {
		k.messages, err = strconv.ParseUint(text, 10, 64)
		return k, err
	}
	return k, nil
}

func (k *kept) digest(l digest.Limits) (*digest.Digest, error) {
	return store.FoldResults(l, append([][]byte{k.whole}, k.added...)...)
}

func (k *kept) pending() (n int) {
	for _, b := range k.added {
		n += len(b)
	}
	return n
}

// results reads the digest and notes what waits to be folded; without one in the limits it
// removes what there is and returns nil.
func (s *Store) results(ctx context.Context) (*digest.Digest, error) {
	if s.limits.Results == nil {
		return nil, s.client.Del(ctx, s.wholeKey(), s.addedKey()).Err()
	}
	k, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	s.pending, s.due = k.pending(), s.foldAt(len(k.whole))
	s.most = foldMost * s.due
	return k.digest(*s.limits.Results)
}

// Results returns what the messages of this analyser's effects add up to, and how many
// messages are not in it, because they came while it was not kept. It may be called
// beside the other methods.
func (s *Store) Results() (d *digest.Digest, missing uint64, err error) {
	ctx, cancel := s.limit()
	defer cancel()
	k, err := s.read(ctx)
	if err != nil {
		return nil, 0, s.away(err)
	}
	if d, err = k.digest(digest.Most); err != nil {
		return nil, 0, s.away(err)
	}
	all := d.Total()
	return d, k.messages - all.Messages(), nil
}

// makeRoom folds if enough waits for it. Where that does not work it is tried again when
// more has come, and is an error once far too much waits.
func (s *Store) makeRoom() error {
	if s.limits.Results == nil || s.pending < s.due {
		return nil
	}
	err := s.fold()
	if err == nil {
		return nil
	}
	s.due = s.pending + s.foldAt(0)
	if s.pending < s.most {
		return nil
	}
	return fmt.Errorf("%d bytes of results cannot be folded: %w", s.pending, err)
}

// fold makes one digest of all, if it still is what was read.
func (s *Store) fold() error {
	ctx, cancel := s.limit()
	defer cancel()
	k, err := s.read(ctx)
	if err != nil {
		return err
	}
	d, err := k.digest(*s.limits.Results)
	if err != nil {
		return err
	}
	h := sha1.New() // what the server can compute; nobody is to be kept from forging it
	for _, b := range append([][]byte{k.whole}, k.added...) {
		h.Write(b)
	}
	whole := d.Append(nil)
	if err := foldScript.Run(ctx, s.client, []string{s.prefix}, s.node, s.inc, len(k.added), hex.EncodeToString(h.Sum(nil)), whole).Err(); err != nil {
		return err
	}
	s.pending, s.due = 0, s.foldAt(len(whole))
	s.most = foldMost * s.due
	return nil
}

// foldScript puts a digest in the place of one and what was added to it, if the server
// has what the digest was made of.
var foldScript = redis.NewScript(`
local P, node, inc, n = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local fence = tonumber(redis.call('HGET', P .. 'inc', node) or '0')
if fence > inc then return redis.error_reply('FENCED incarnation ' .. fence .. ' of ' .. node .. ' uses the store') end
local whole, added = P .. 'results:' .. node, P .. 'added:' .. node
local all = (redis.call('GET', whole) or '') .. table.concat(redis.call('LRANGE', added, 0, n - 1))
if redis.sha1hex(all) ~= ARGV[4] then return redis.error_reply('CHANGED the results of ' .. node .. ' are not what was read') end
redis.call('SET', whole, ARGV[5])
redis.call('LTRIM', added, n, -1)
return 1`)
