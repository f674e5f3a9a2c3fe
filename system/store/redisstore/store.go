package redisstore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"weir/system/digest"
	"weir/system/node"
	"weir/system/store"
)

//go:embed commit.lua
var commitSource string

var commitScript = redis.NewScript(commitSource)

// Store is a store on a Redis server. It implements analyser.Store. Its methods must
// not be called at once.
type Store struct {
	cfg    Config
	node   string
	inc    uint32
	limits store.Limits
	prefix string
	client *redis.Client
	known  uint64 // effects of this analyser that the server is known to have had

	foldAt  func(whole int) int // see results.go
	pending int                 // bytes of results that are not folded; more than that at most
	due     int                 // fold at so many of them
	most    int                 // take in no more with so many
}

// quiet is the client's own log: what it would say comes back as an error.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(quiet{}) }

// caMax bounds the file of authorities in bytes.
const caMax = 1 << 20

// New returns the store as an incarnation of an analyser uses it. It does not connect:
// that the server is away at the start is no error.
func New(cfg Config, nodeName string, inc uint32, limits store.Limits) (*Store, error) {
	if err := errors.Join(cfg.Validate(), limits.Validate()); err != nil {
		return nil, err
	}
	cfg = cfg.WithDefaults()
	if cfg.Name == "" {
		cfg.Name = nodeName
	}
	opt := &redis.Options{
		Addr: cfg.Addr, DB: cfg.DB, ClientName: "weir-" + nodeName,
		DialTimeout: cfg.Timeout, ReadTimeout: cfg.Timeout, WriteTimeout: cfg.Timeout,
		MaxRetries:      -1, // a batch is tried again by who knows what it is
		DialerRetries:   1,
		PoolSize:        16, // one is used; after so many failures to connect the client waits before each try
		DisableIdentity: true,
	}
	var errs []error
	opt.Username, errs = fromEnv(cfg.UserEnv, errs)
	opt.Password, errs = fromEnv(cfg.PasswordEnv, errs)
	if cfg.TLS {
		var err error
		opt.TLSConfig, err = tlsConfig(cfg)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Store{foldAt: store.FoldAt, due: store.FoldAt(0), most: foldMost * store.FoldAt(0), cfg: cfg, node: nodeName, inc: inc, limits: limits, client: redis.NewClient(opt),
		prefix: "weir:{" + cfg.Name + "}:"}, nil // one slot of a cluster
}

func fromEnv(name string, errs []error) (string, []error) {
	if name == "" {
		return "", errs
	}
	v, ok := os.LookupEnv(name)
	if !ok || v == "" {
		errs = append(errs, fmt.Errorf("redis: the environment variable %s is not set", name))
	}
	return v, errs
}

func tlsConfig(cfg Config) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS13}
	if cfg.CA == "" {
		return t, nil
	}
	info, err := os.Stat(cfg.CA)
	if err != nil {
		return nil, fmt.Errorf("redis: ca: %w", err)
	}
	if info.Size() > caMax {
		return nil, fmt.Errorf("redis: ca %s: more than %d bytes", cfg.CA, caMax)
	}
	b, err := os.ReadFile(cfg.CA)
	if err != nil {
		return nil, fmt.Errorf("redis: ca: %w", err)
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("redis: ca %s: no certificate in it", cfg.CA)
	}
	return t, nil
}

// Close closes the connections.
func (s *Store) Close() error { return s.client.Close() }

// Name implements analyser.Store, as do the methods below.
func (*Store) Name() string { return "redis" }

// Load makes sure of the server's promise, fences off older incarnations and returns
// what the store holds of this analyser, and what the messages of that add up to, nil if
// the limits ask for none.
func (s *Store) Load() (store.Held, *digest.Digest, error) {
	held, d, err := s.load()
	return held, d, s.away(err)
}

func (s *Store) load() (held store.Held, d *digest.Digest, err error) {
	ctx, cancel := s.limit()
	defer cancel()
	if s.cfg.Durability == "always" {
		if err := s.durable(ctx); err != nil {
			return held, nil, err
		}
	}
	answer, err := loadScript.Run(ctx, s.client, []string{s.prefix}, s.node, s.inc).Text()
	if err != nil {
		return held, nil, err
	}
	if held, _, err = parse(answer, 0); err != nil {
		return held, nil, err
	}
	s.known = held.N
	d, err = s.results(ctx)
	return held, d, err
}

// loadScript makes an incarnation the newest, unless there is a newer one.
var loadScript = redis.NewScript(`
local P, node, inc = KEYS[1], ARGV[1], tonumber(ARGV[2])
local fence = tonumber(redis.call('HGET', P .. 'inc', node) or '0')
if fence > inc then return redis.error_reply('FENCED incarnation ' .. fence .. ' of ' .. node .. ' uses the store') end
redis.call('HSET', P .. 'inc', node, inc)
return (redis.call('HGET', P .. 'n', node) or '0') .. ' ' .. (redis.call('HGET', P .. 'msgs', node) or '0')`)

// durable asks the server whether an answer of it means what it must.
func (s *Store) durable(ctx context.Context) error {
	for _, want := range [...][2]string{{"appendonly", "yes"}, {"appendfsync", "always"}} {
		got, err := s.client.ConfigGet(ctx, want[0]).Result()
		if err != nil {
			return fmt.Errorf("whether the server keeps what it is told: %w (durability: unchecked does not ask)", err)
		}
		if got[want[0]] != want[1] {
			return fmt.Errorf("the server says %s %q, durability: always needs %q", want[0], got[want[0]], want[1])
		}
	}
	return nil
}

// Commit has the server take the batch in.
func (s *Store) Commit(b store.Batch) ([]store.Result, store.Held, error) {
	results, held, err := s.commit(b)
	return results, held, s.away(err)
}

func (s *Store) commit(b store.Batch) (results []store.Result, held store.Held, err error) {
	if err := s.makeRoom(); err != nil {
		return nil, held, err
	}
	ctx, cancel := s.limit()
	defer cancel()
	args := []any{s.node, b.Inc, b.Seq, s.known, s.limits.IDs, s.limits.Emitters, s.limits.Sources}
	for _, e := range b.Effects {
		text, err := encode(e)
		if err != nil {
			return nil, held, err
		}
		args = append(args, text)
		if s.limits.Results == nil {
			args = append(args, "")
			continue
		}
		args = append(args, e.Results())
		s.pending += len(e.Results())
	}
	conn := s.client.Conn() // WAIT is about what its own connection wrote
	defer conn.Close()
	answer, err := commitScript.Run(ctx, conn, []string{s.prefix}, args...).Text()
	if err != nil {
		return nil, held, err
	}
	if held, results, err = parse(answer, len(b.Effects)); err != nil {
		return nil, held, err
	}
	if want := s.cfg.Replicas; want > 0 {
		have, err := conn.Wait(ctx, want, s.cfg.Timeout/2).Result()
		if err != nil {
			return nil, held, err
		}
		if have < int64(want) {
			return nil, held, fmt.Errorf("%d of %d replicas have the batch", have, want)
		}
	}
	s.known = held.N
	return results, held, nil
}

// limit bounds one operation.
func (s *Store) limit() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), s.cfg.Timeout)
}

// away makes every error one of the seam's: the store cannot be used now.
func (s *Store) away(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: store %s at %s: %w", node.ErrDiskIO, s.cfg.Name, s.cfg.Addr, err)
}

// encode is an effect as the script reads it.
func encode(e *store.Effect) (string, error) {
	id := e.ID()
	names, counts := []string{}, []uint64{}
	for _, src := range e.Sources() {
		names, counts = append(names, src.Name), append(counts, src.Messages)
	}
	b, err := json.Marshal([]any{
		id.Source, fmt.Sprintf("%08x", id.Inc), fmt.Sprintf("%016x", id.Seq), fmt.Sprintf("%016x", e.AckedBelow()),
		fmt.Sprintf("%08x", e.Hash()), e.Messages(), e.Bytes(), e.Levels(), names, counts,
	})
	return string(b), err
}

// parse reads an answer: effects of this analyser, their messages, and standing:number
// for each effect of the batch.
func parse(answer string, effects int) (held store.Held, results []store.Result, err error) {
	words := strings.Split(answer, " ")
	bad := func() (store.Held, []store.Result, error) {
		return store.Held{}, nil, fmt.Errorf("an answer that makes no sense: %.80q", answer)
	}
	if effects == 0 && len(words) == 3 && words[2] == "" { // of a batch without effects
		words = words[:2]
	}
	if len(words) != 2+effects {
		return bad()
	}
	var e1, e2 error
	held.N, e1 = strconv.ParseUint(words[0], 10, 64)
	held.Messages, e2 = strconv.ParseUint(words[1], 10, 64)
	for _, w := range words[2:] {
		is, number, ok := strings.Cut(w, ":")
		i, err := strconv.ParseUint(is, 10, 8)
		n, err2 := strconv.ParseUint(number, 10, 64)
		if !ok || err != nil || err2 != nil || i > uint64(store.NoRoom) {
			return bad()
		}
		results = append(results, store.Result{Standing: store.Standing(i), Number: n})
	}
	if e1 != nil || e2 != nil {
		return bad()
	}
	return held, results, nil
}

// Totals are the counts of all analysers that share the store.
func (s *Store) Totals() (total store.Totals, err error) {
	ctx, cancel := s.limit()
	defer cancel()
	get := func(key string) map[string]uint64 {
		out := map[string]uint64{}
		var all map[string]string
		if err == nil {
			all, err = s.client.HGetAll(ctx, s.prefix+key).Result()
		}
		for k, v := range all {
			n, bad := strconv.ParseUint(v, 10, 64)
			err = errors.Join(err, bad)
			out[k] = n
		}
		return out
	}
	sums, emitters, emitted, sources, byNode := get("totals"), get("emitters"), get("emitted"), get("sources"), get("n")
	total.Messages, total.Bytes, total.Others = sums["messages"], sums["bytes"], sums["others"]
	for i := range total.Levels {
		total.Levels[i] = sums["level"+strconv.Itoa(i+1)]
	}
	for _, n := range byNode {
		total.Packets += n
	}
	for name, n := range emitters {
		total.Emitters = append(total.Emitters, store.Named{Name: name, Packets: n, Messages: emitted[name]})
	}
	for name, n := range sources {
		total.Sources = append(total.Sources, store.Named{Name: name, Messages: n})
	}
	return total, s.away(err)
}
