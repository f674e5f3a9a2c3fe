package emitter

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"weir/system/message"
	"weir/system/node"
)

// catchUpMax bounds how many arrivals one Receive handles after a long pause;
// the rest follow in the next, at the same time.
const catchUpMax = 1024

// generator makes up messages at its own pace, whether there is room for them or
// not: an open loop.
type generator struct {
	cfg      *Generator
	arrivals arrivals
	rng      *rand.Rand // the load's own stream
	texts    []message.Entry
	poison   string
	offered  uint64          // arrivals so far, kept out or not
	batch    []message.Entry // accepted, not yet cut
	linger   time.Duration   // when the batch is cut in any case
	keptOut  uint64          // arrivals kept out in the span that runs
	keptAll  uint64          // arrivals kept out in earlier spans
	blocked  bool            // back-pressure is on
	over     bool            // no more arrivals
}

func newGenerator(env node.Env, cfg *Generator, source string) *generator {
	g := &generator{cfg: cfg, rng: rand.New(rand.NewPCG(env.Rand().Uint64(), env.Rand().Uint64()))}
	g.texts = makeTexts(g.rng, source, cfg.TextBytes)
	g.arrivals = arrivals{gen: cfg, rng: rand.New(rand.NewPCG(env.Rand().Uint64(), env.Rand().Uint64()))}
	g.arrivals.begin(env.Now())
	return g
}

var verbs = []struct {
	severity message.Severity
	text     string
}{
	{message.Info, "INFO request %d served in %d ms"},
	{message.Info, "INFO session %d opened, %d active"},
	{message.Debug, "DEBUG cache %d holds %d keys"},
	{message.Info, "INFO job %d took %d steps"},
	{message.Warn, "WARN queue %d is %d deep"},
	{message.Info, "INFO checkpoint %d written, %d pages"},
	{message.Error, "ERROR upstream %d answered %d"},
	{message.Trace, "TRACE span %d lasted %d us"},
}

// makeTexts returns the small set of messages from which packets are made, so
// that making one costs next to nothing.
func makeTexts(rng *rand.Rand, source string, size int) []message.Entry {
	texts := make([]message.Entry, 64)
	for i := range texts {
		v := verbs[i%len(verbs)]
		text := fmt.Sprintf(v.text, rng.IntN(100_000), rng.IntN(1000))
		if len(text) < size {
			text += " " + strings.Repeat("x", size-len(text)-1)
		}
		texts[i] = message.Entry{Severity: v.severity, Source: source, Text: text[:size]}
	}
	return texts
}

// produce handles the arrivals that are due.
func (e *emitter) produce(env node.Env) {
	g := e.gen
	for k := 0; k < catchUpMax && !g.over && g.arrivals.next <= env.Now(); k++ {
		if g.cfg.Until != 0 && g.arrivals.next >= g.cfg.Until {
			g.over = true
			break
		}
		e.arrive(env)
		g.arrivals.step()
	}
	if g.cfg.Until != 0 && env.Now() >= g.cfg.Until && g.arrivals.next >= g.cfg.Until {
		g.over = true
	}
	if len(g.batch) > 0 && (g.over || g.linger <= env.Now()) {
		e.flush(env, 0)
	}
	if g.over && g.blocked {
		g.unblock(env)
	}
}

// arrive makes one arrival and takes it in, if there is room.
func (e *emitter) arrive(env node.Env) {
	g := e.gen
	g.offered++
	before := len(g.batch)
	g.make(env)
	if !e.room(g.batch) {
		g.batch = g.batch[:before:before]
		if !g.blocked {
			g.blocked = true
			env.Log("back").Bool("on", true).End()
		}
		g.keptOut++
		return
	}
	if g.blocked {
		g.unblock(env)
	}
	if before == 0 {
		g.linger = env.Now() + e.cfg.Linger
	}
	least := 0
	if e.cfg.Linger > 0 {
		least = 1 // what does not fill a packet waits for more
	}
	e.flush(env, least)
}

func (g *generator) unblock(env node.Env) {
	env.Log("back").Bool("on", false).End()
	env.Log("kept_out").Uint("n", g.keptOut).End()
	g.keptAll += g.keptOut
	g.blocked, g.keptOut = false, 0
}

// make appends an arrival's messages to the batch.
func (g *generator) make(env node.Env) {
	n := g.cfg.MessagesMin
	if more := g.cfg.MessagesMax - n; more > 0 {
		n += g.rng.IntN(more + 1)
	}
	if g.cfg.GiantEvery > 0 && g.offered%uint64(g.cfg.GiantEvery) == 0 {
		n = g.cfg.GiantMessages
	}
	if g.batch == nil {
		g.batch = make([]message.Entry, 0, n)
	}
	now := env.Wall().UnixNano()
	first := len(g.batch)
	bits := g.rng.Uint64()
	for i := 0; i < n; i++ {
		if i%10 == 9 {
			bits = g.rng.Uint64()
		}
		entry := g.texts[bits&63]
		bits >>= 6
		entry.Time = now
		g.batch = append(g.batch, entry)
	}
	if g.cfg.PoisonEvery > 0 && g.offered%uint64(g.cfg.PoisonEvery) == 0 {
		if g.poison == "" {
			g.poison = strings.Repeat("!", g.cfg.PoisonBytes)
		}
		g.batch[first].Text = g.poison
	}
}

// flush cuts the batch into packets and emits them, but for a rest that does not
// fill one, if least is not 0.
func (e *emitter) flush(env node.Env, least int) {
	g := e.gen
	for len(g.batch) > 0 && !e.enough() {
		n, full := cut(g.batch, e.cfg.BatchMessages, e.cfg.BatchBytes)
		if least > 0 && !full && g.linger > env.Now() {
			return
		}
		entries := g.batch[:n:n]
		g.batch = g.batch[n:]
		p := e.hash.NewPacket(message.ID{Source: e.name, Inc: e.idInc, Seq: e.book.next}, entries)
		h := e.book.add(p, live, env.Now())
		e.emit(env, p.ID.Seq, h)
	}
	g.batch = nil // packets keep the old one
	g.over = g.over || e.enough()
}

// enough reports whether the generator made as many packets as it was asked for.
func (e *emitter) enough() bool {
	return e.gen.cfg.Packets > 0 && e.emitted >= e.gen.cfg.Packets
}

// cut returns how many of the messages go into the next packet, and whether that
// packet is full.
func cut(entries []message.Entry, messages, size int) (n int, full bool) {
	total := 0
	for n < len(entries) && n < messages {
		total += entries[n].Size()
		if total > size && n > 0 {
			return n, true
		}
		n++
	}
	return n, n == messages || total >= size
}

// room reports whether the buffer has room for what the messages will become. An
// empty buffer always has: what is larger than it would never go otherwise.
func (e *emitter) room(entries []message.Entry) bool {
	b := &e.book
	if b.count == 0 {
		return true
	}
	packets, size := 0, 0
	for rest := entries; len(rest) > 0; packets++ {
		n, _ := cut(rest, e.cfg.BatchMessages, e.cfg.BatchBytes)
		for i := range rest[:n] {
			size += rest[i].Size()
		}
		rest = rest[n:]
	}
	return b.count+packets <= e.cfg.BufferPackets && b.bytes+size <= e.cfg.BufferBytes && b.span()+packets <= e.cfg.SpanMax
}
