package distributor

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
	"weir/system/record"
)

// loop is the smallest world that a distributor runs in: analysers commit and
// answer probes at once, time stands still and its cost is next to nothing, so
// that a benchmark measures the distributor with its log.
type loop struct {
	actors map[string]node.Actor
	envs   map[string]*loopEnv
	queue  []loopEvent
	head   int
	log    *record.Log
	token  node.Token
	timer  node.Timer
	now    time.Duration
	done   int
}

type loopEvent struct {
	actor string
	ev    node.Event
}

type loopEnv struct {
	w    *loop
	self node.Addr
	rng  *rand.Rand
	seq  uint64
}

func newLoop(cfg Config) *loop {
	w := &loop{actors: map[string]node.Actor{}, envs: map[string]*loopEnv{}}
	w.log = record.NewLog(record.Header{Node: "d1", Inc: 1, Role: "distributor"}, 0, 0, 0, nil)
	if err := Boot(cfg)(w); err != nil {
		panic(err)
	}
	w.settle()
	return w
}

func (w *loop) Name() string        { return "d1" }
func (w *loop) Incarnation() uint32 { return 1 }
func (w *loop) Spawn(name string, _ node.Mailbox, a node.Actor) error {
	w.actors[name] = a
	w.envs[name] = &loopEnv{w: w, self: node.Addr{Node: "d1", Inc: 1, Actor: name}, rng: rand.New(rand.NewPCG(1, uint64(len(name))))}
	w.post(name, node.Event{Kind: node.Started})
	return nil
}

func (w *loop) post(actor string, ev node.Event) {
	w.queue = append(w.queue, loopEvent{actor, ev})
}

func (w *loop) settle() {
	for w.head < len(w.queue) {
		e := w.queue[w.head]
		w.head++
		w.actors[e.actor].Receive(w.envs[e.actor], &e.ev)
	}
	w.queue, w.head = w.queue[:0], 0
	_ = w.log.Flush(func([]byte) error { return nil })
}

func (e *loopEnv) Self() node.Addr    { return e.self }
func (e *loopEnv) Now() time.Duration { return e.w.now }
func (e *loopEnv) Wall() time.Time    { return time.Time{} }
func (e *loopEnv) Rand() *rand.Rand   { return e.rng }

func (e *loopEnv) Send(to node.Addr, m node.Message) (node.Token, error) { return e.Request(to, m) }

func (e *loopEnv) Request(to node.Addr, m node.Message) (node.Token, error) {
	w := e.w
	w.token++
	switch m := m.(type) {
	case *message.Dispatch:
		w.post(e.self.Actor, node.Event{Kind: node.Replied, From: to, Token: w.token,
			Msg: &message.Receipt{ID: m.Packet.ID, Attempt: m.Attempt, Status: message.StCommitted}})
	case *message.Probe:
		w.post(e.self.Actor, node.Event{Kind: node.Replied, From: to, Token: w.token, Msg: &message.ProbeOK{Number: m.Number, Ready: true}})
	default:
		w.post(to.Actor, node.Event{Kind: node.Delivered, From: e.self, Token: w.token, Msg: m, ReplyTo: node.ReplyTo{From: e.self, Token: w.token}})
	}
	return w.token, nil
}

func (e *loopEnv) Reply(to node.ReplyTo, m node.Message) (node.Token, error) {
	w := e.w
	w.token++
	if to.From.Node == "d1" {
		w.post(to.From.Actor, node.Event{Kind: node.Replied, From: e.self, Token: to.Token, Msg: m})
	} else if r, ok := m.(*message.Result); ok && r.Out == message.Committed {
		w.done++
	}
	return w.token, nil
}

func (e *loopEnv) Forget(node.Token) {}
func (e *loopEnv) After(time.Duration, uint64) node.Timer {
	e.w.timer++
	return e.w.timer
}
func (e *loopEnv) Cancel(node.Timer)                            {}
func (e *loopEnv) Spawn(string, node.Mailbox, node.Actor) error { panic("no actor is spawned later") }
func (e *loopEnv) StopActor(string)                             {}
func (e *loopEnv) Exit()                                        {}
func (e *loopEnv) Disk() node.Disk                              { return e }
func (e *loopEnv) Append(string, []byte, bool) node.Token       { panic("nothing is written") }
func (e *loopEnv) Rename(string, string) node.Token             { panic("nothing is written") }
func (e *loopEnv) Remove(string) node.Token                     { panic("nothing is written") }
func (e *loopEnv) Read(string) node.Token {
	e.w.token++
	e.w.post(e.self.Actor, node.Event{Kind: node.DiskDone, Token: e.w.token})
	return e.w.token
}

func (e *loopEnv) Log(kind string) *record.Line {
	e.seq++
	return e.w.log.Begin(kind, record.Stamp{Actor: e.self.Actor, Seq: e.seq, World: e.w.now, Node: e.w.now})
}

// BenchmarkPacket is one packet through ingress, worker, policy and back, with
// its records (admit, pick, done); allocations include those of this loop's
// receipt.
func BenchmarkPacket(b *testing.B) {
	for _, analysers := range []int{4, 100} {
		for _, state := range []State{Local, Shared} {
			b.Run(string(state)+"-"+strconv.Itoa(analysers), func(b *testing.B) {
				cfg := Config{Workers: 4, State: state}
				for i := range analysers {
					cfg.Analysers = append(cfg.Analysers, Analyser{"a" + strconv.Itoa(100+i), uint32(1 + i%5)})
				}
				w := newLoop(cfg)
				p := packet(1, 10)
				b.ReportAllocs()
				from := node.Addr{Node: "e1", Inc: 1, Actor: "emit"}
				submits := make([]message.Submit, 1024)
				packets := make([]message.Packet, 1024)
				for i := 0; b.Loop(); i++ {
					k := i & 1023
					packets[k] = *p
					packets[k].ID.Seq = uint64(i + 1)
					submits[k] = message.Submit{Packet: &packets[k], AckedBelow: 1}
					w.token++
					w.post(Ingress, node.Event{Kind: node.Delivered, From: from, Token: w.token, Msg: &submits[k], ReplyTo: node.ReplyTo{From: from, Token: w.token}})
					if k&15 == 15 { // some in flight at a time
						w.settle()
					}
				}
				w.settle()
				if w.done < b.N-16 {
					b.Fatalf("%d of %d packets are over", w.done, b.N)
				}
			})
		}
	}
}

// What a worker measures of one packet, all of it: the cost of metrics a packet.
func BenchmarkMeasures(b *testing.B) {
	m := measures{}
	t := m.of("a1")
	for i := range b.N {
		d := time.Duration(i&1023) * time.Microsecond
		t.attempts++
		t.messages += 10
		m.wait.Add(d)
		t.took.Add(d)
		t.done++
	}
}

// A report of a worker with 100 analysers.
func BenchmarkSamples(b *testing.B) {
	cfg := baseConfig()
	cfg.Analysers = nil
	for i := range 100 {
		cfg.Analysers = append(cfg.Analysers, Analyser{"a" + strconv.Itoa(i), 1})
	}
	d := start(b, cfg)
	var w node.Sampler
	d.boot = func(inner node.Booter) error {
		return Boot(cfg)(spawned{inner, &w})
	}
	d.MustBoot(d.boot)
	b.ReportAllocs()
	for b.Loop() {
		w.Samples(nil)
	}
}

// spawned keeps the worker that is booted.
type spawned struct {
	node.Booter
	w *node.Sampler
}

func (s spawned) Spawn(name string, box node.Mailbox, a node.Actor) error {
	if name == workerName(1) {
		*s.w = a.(node.Sampler)
	}
	return s.Booter.Spawn(name, box, a)
}
