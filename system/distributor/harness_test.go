package distributor

import (
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
	"weir/system/node/nodetest"
)

// bench is a distributor in a test's hands. Analysers and emitters are the test.
type bench struct {
	*nodetest.Node
	t       testing.TB
	boot    node.Boot
	off     time.Duration // what the node's clock is ahead of its timers: a pause, see pause
	packets []nodetest.Sent
	probes  []nodetest.Sent
	data    []nodetest.Sent // data probes
	results []*message.Result
	answers []*message.ControlOK
	sick    map[string]bool // analysers that answer no probe
	inc     map[string]uint32
	states  []*message.StateOK
	gossip  []nodetest.Sent     // parts to peers
	heard   []*message.GossipOK // answers to peers
	mute    string              // an actor that handles no look
	deaf    string              // an actor that handles no gauge
	seq     uint64              // of the newest packet of fresh
	slow    bool                // the router handles nothing until caught
	held    []func()            // what it was to handle
}

func baseConfig() Config {
	return Config{
		Analysers: []Analyser{{"a1", 1}, {"a2", 1}, {"a3", 2}},
		Workers:   1, PacketMax: 10, JitterPPM: NoJitter,
	}
}

// start boots a distributor and lets it load its table.
func start(t testing.TB, cfg Config) *bench {
	t.Helper()
	return startBoot(t, Boot(cfg))
}

func startBoot(t testing.TB, boot node.Boot) *bench {
	t.Helper()
	b := &bench{Node: nodetest.New("d1", 7), t: t, sick: map[string]bool{}, inc: map[string]uint32{}}
	b.boot = boot
	b.MustBoot(b.wrapped)
	b.take()
	return b
}

// fresh is a sequence number that no packet had.
func (b *bench) fresh() uint64 {
	b.seq++
	return 1000 + b.seq
}

// restart boots the next incarnation with another configuration.
func (b *bench) restart(cfg Config) {
	b.packets, b.probes, b.data = nil, nil, nil
	b.boot = Boot(cfg)
	b.MustBoot(b.wrapped)
	b.take()
}

// take sorts what left the node.
func (b *bench) take() {
	for _, s := range b.Take() {
		switch m := s.Msg.(type) {
		case *message.Dispatch:
			if len(m.Packet.Entries) == 0 {
				b.data = append(b.data, s)
			} else {
				b.packets = append(b.packets, s)
			}
		case *message.Probe:
			b.probes = append(b.probes, s)
		case *message.Result:
			b.results = append(b.results, m)
		case *message.ControlOK:
			b.answers = append(b.answers, m)
		case *message.StateOK:
			b.states = append(b.states, m)
		case *message.Gossip:
			b.gossip = append(b.gossip, s)
		case *message.GossipOK:
			b.heard = append(b.heard, m)
		default:
			b.t.Fatalf("the node sent a %T", s.Msg)
		}
	}
}

var emitter = node.Addr{Node: "e1", Inc: 1, Actor: "emit"}

func packet(seq uint64, n int) *message.Packet {
	entries := make([]message.Entry, n)
	for i := range entries {
		entries[i].Text = "a line"
	}
	return message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: seq}, entries)
}

// submit offers a packet of n messages.
func (b *bench) submit(seq uint64, n int) {
	b.Ask(emitter, Ingress, &message.Submit{Packet: packet(seq, n), AckedBelow: 1})
	b.take()
}

// order sends a control document.
func (b *bench) order(doc string) *message.ControlOK {
	b.t.Helper()
	had := len(b.answers)
	b.Ask(node.Addr{Node: "op", Inc: 1, Actor: "operate"}, Supervisor, &message.Control{Doc: []byte(doc)})
	b.take()
	if len(b.answers) != had+1 {
		b.t.Fatalf("%s got %d answers", doc, len(b.answers)-had)
	}
	return b.answers[had]
}

// next removes and returns the oldest packet under way.
func (b *bench) next() nodetest.Sent {
	b.t.Helper()
	if len(b.packets) == 0 {
		b.t.Fatalf("no packet is under way; records: %v", b.tail())
	}
	s := b.packets[0]
	b.packets = b.packets[1:]
	return s
}

// await lets time pass until a packet is under way.
func (b *bench) await() nodetest.Sent {
	b.t.Helper()
	for range 1000 {
		if len(b.packets) > 0 {
			break
		}
		b.run(10 * time.Millisecond)
	}
	return b.next()
}

func (b *bench) tail() []string {
	lines := b.Lines()
	return lines[max(0, len(lines)-8):]
}

// receipt answers a packet or data probe.
func (b *bench) receipt(s nodetest.Sent, st message.Status) {
	m := s.Msg.(*message.Dispatch)
	s.To.Inc = b.inc[s.To.Node]
	b.Answer(s, &message.Receipt{ID: m.Packet.ID, Attempt: m.Attempt, Status: st, Why: map[bool]string{true: "poison"}[st == message.StPoison]})
	b.take()
}

func (b *bench) fail(s nodetest.Sent, err error) {
	b.Fail(s, err)
	b.take()
}

// run lets time pass; analysers that are not sick answer probes at once.
func (b *bench) run(d time.Duration) {
	for end := b.Now() + d; b.Now() < end; {
		b.Advance(min(10*time.Millisecond, end-b.Now()))
		b.take()
		probes, data := b.probes, b.data
		b.probes, b.data = nil, nil
		for _, s := range probes {
			if !b.sick[s.To.Node] {
				s.To.Inc = b.inc[s.To.Node]
				b.Answer(s, &message.ProbeOK{Number: s.Msg.(*message.Probe).Number, Ready: true})
			}
		}
		for _, s := range data {
			if !b.sick[s.To.Node] {
				b.receipt(s, message.StCommitted)
			}
		}
		b.take()
	}
}

// to returns the analyser of a packet under way.
func to(s nodetest.Sent) string { return s.To.Node }

// why returns the `why` of all records of a kind.
func (b *bench) why(kind string) []string {
	var all []string
	for _, r := range b.Records(kind) {
		all = append(all, r.Str("why"))
	}
	return all
}

// The node's clock runs ahead of its timers by off: what a pause looks like.

type shifted struct {
	node.Env
	off time.Duration
}

func (e shifted) Now() time.Duration { return e.Env.Now() + e.off }

type shiftedActor struct {
	node.Actor
	b    *bench
	name string
}

func (a shiftedActor) Receive(env node.Env, ev *node.Event) {
	if a.b.slow && a.name == Router {
		later := *ev
		a.b.held = append(a.b.held, func() { a.Actor.Receive(shifted{env, a.b.off}, &later) })
		return
	}
	if _, ok := ev.Msg.(*look); ok && a.name == a.b.mute {
		return
	}
	if _, ok := ev.Msg.(*gauge); ok && a.name == a.b.deaf {
		return
	}
	a.Actor.Receive(shifted{env, a.b.off}, ev)
}

func (a shiftedActor) Samples(s []node.Sample) []node.Sample {
	return a.Actor.(node.Sampler).Samples(s)
}

// catchUp lets the router handle what it was slow to handle.
func (b *bench) catchUp() {
	b.slow = false
	for _, f := range b.held {
		f()
	}
	b.held = nil
	b.Deliver(emitter, Ingress, &count{}) // nothing to the ingress, but lets the answers arrive
	b.take()
}

type shiftedBooter struct {
	node.Booter
	b *bench
}

func (x shiftedBooter) Spawn(name string, box node.Mailbox, a node.Actor) error {
	return x.Booter.Spawn(name, box, shiftedActor{a, x.b, name})
}

func (b *bench) wrapped(inner node.Booter) error { return b.boot(shiftedBooter{inner, b}) }

// pause makes d pass without any event.
func (b *bench) pause(d time.Duration) { b.off += d }

// envProbe runs a function with an actor's Env.
type envProbe struct{ f func(env node.Env) }

func (p *envProbe) Receive(env node.Env, _ *node.Event) { p.f(env) }
func (p *envProbe) boot(b node.Booter) error            { return b.Spawn("probe", node.Mailbox{}, p) }
