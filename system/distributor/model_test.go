package distributor

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/system/message"
	"weir/system/node"
	"weir/system/node/nodetest"
)

// machine drives a distributor with random submissions, receipts, failures,
// silences, orders and time, and holds after each step what must never break: each
// admitted packet gets exactly one result, windows and queues keep their bounds,
// and attempts are numbered without a gap and never go where nobody may be sent.
type machine struct {
	b        *bench
	cfg      Config
	seq      uint64
	waiting  map[uint64]bool // submitted and not answered
	late     []nodetest.Sent // packets that were left without a receipt
	checked  int             // records that were looked at
	attempts map[string]int64
	flying   map[string]int // by worker and analyser
	where    map[string]string
	refusing map[string]string // analysers a worker must not pick, with the reason
	admitted int
	ended    int
}

func newMachine(t *rapid.T, tb testing.TB) *machine {
	cfg := baseConfig()
	cfg.Workers = rapid.IntRange(1, 2).Draw(t, "workers")
	cfg.State = rapid.SampledFrom([]State{Local, Shared}).Draw(t, "state")
	cfg.OnFull = rapid.SampledFrom([]OnFull{Skip, Wait}).Draw(t, "onFull")
	cfg.Policy = rapid.SampledFrom([]string{"deficit", "finish", "eligible", "smooth", "random", "original"}).Draw(t, "policy")
	cfg.Central = rapid.Bool().Draw(t, "central")
	cfg.Window = rapid.IntRange(1, 3).Draw(t, "window")
	cfg.AttemptsMax = rapid.IntRange(1, 5).Draw(t, "attempts")
	cfg.QueueItems, cfg.RetryMin, cfg.RetryPercent = 8, 1, 50
	cfg.JitterPPM = 0
	return &machine{
		b: start(tb, cfg), cfg: cfg, waiting: map[uint64]bool{}, attempts: map[string]int64{},
		flying: map[string]int{}, where: map[string]string{}, refusing: map[string]string{},
	}
}

func (m *machine) submit(*rapid.T) {
	m.seq++
	m.waiting[m.seq] = true
	m.b.submit(m.seq, 1+int(m.seq%10))
}

// again submits a packet that is in progress once more.
func (m *machine) again(t *rapid.T) {
	if m.seq > 0 && m.waiting[m.seq] {
		m.b.submit(m.seq, 1+int(m.seq%10))
	}
}

// pull takes a packet that is under way, or an old one that had no receipt.
func (m *machine) pull(t *rapid.T) (nodetest.Sent, bool) {
	list := &m.b.packets
	if len(m.late) > 0 && rapid.IntRange(0, 3).Draw(t, "late") == 0 {
		list = &m.late
	}
	if len(*list) == 0 {
		return nodetest.Sent{}, false
	}
	i := rapid.IntRange(0, len(*list)-1).Draw(t, "which")
	s := (*list)[i]
	*list = append((*list)[:i:i], (*list)[i+1:]...)
	return s, true
}

func (m *machine) receipt(t *rapid.T) {
	if s, ok := m.pull(t); ok {
		st := rapid.SampledFrom([]message.Status{0, 0, 0, 1, 2, 3, 4}).Draw(t, "status")
		m.b.receipt(s, st)
	}
}

func (m *machine) fails(t *rapid.T) {
	if s, ok := m.pull(t); ok {
		m.b.fail(s, rapid.SampledFrom([]error{node.ErrRefused, node.ErrReset, node.ErrFull}).Draw(t, "error"))
	}
}

func (m *machine) silence(t *rapid.T) {
	if len(m.b.packets) > 0 {
		m.late = append(m.late, m.b.next())
	}
}

func (m *machine) sickness(t *rapid.T) {
	id := rapid.SampledFrom([]string{"a1", "a2", "a3"}).Draw(t, "id")
	m.b.sick[id] = !m.b.sick[id]
}

func (m *machine) time(t *rapid.T) {
	m.b.run(rapid.SampledFrom([]time.Duration{10 * time.Millisecond, 300 * time.Millisecond, 3 * time.Second}).Draw(t, "time"))
}

func (m *machine) pause(t *rapid.T) {
	m.b.pause(rapid.SampledFrom([]time.Duration{100 * time.Millisecond, 2 * time.Second}).Draw(t, "gap"))
}

func (m *machine) order(t *rapid.T) {
	m.b.order(rapid.SampledFrom([]string{
		`{"op":"weight","id":"a1","weight":0}`, `{"op":"weight","id":"a1","weight":3}`, `{"op":"drain","id":"a2"}`,
		`{"op":"undrain","id":"a2"}`, `{"op":"remove","id":"a3"}`, `{"op":"add","id":"a3","weight":2}`, `{"op":"weight","id":"a1","weight":-1}`,
	}).Draw(t, "doc"))
}

// check looks at the new records and results.
func (m *machine) check(t *rapid.T) {
	all := m.b.Records()
	for _, r := range all[m.checked:] {
		m.record(t, r)
	}
	m.checked = len(all)
	for _, r := range m.b.results {
		if !m.waiting[r.ID.Seq] {
			t.Fatalf("packet %d got another result: %+v", r.ID.Seq, r)
		}
		delete(m.waiting, r.ID.Seq)
	}
	m.b.results = nil
	if open := m.admitted - m.ended; open != len(m.waiting) || open > m.cfg.QueueItems {
		t.Fatalf("%d packets in progress by the log, %d without a result", open, len(m.waiting))
	}
}

// record holds one record against what came before it.
func (m *machine) record(t *rapid.T, r nodetest.Record) {
	id := r.Str("id")
	switch r.Kind {
	case "admit":
		m.admitted++
		if r.Int("q") > int64(m.cfg.QueueItems) {
			t.Fatalf("%d packets admitted", r.Int("q"))
		}
	case "refuse":
		if r.Int("q") < int64(m.cfg.QueueItems) {
			t.Fatalf("refused with %d in progress", r.Int("q"))
		}
	case "pick":
		worker := r.Str("w") + r.Actor
		if r.Int("att") != m.attempts[id]+1 || r.Int("att") > int64(m.cfg.AttemptsMax) {
			t.Fatalf("attempt %d of %s after attempt %d", r.Int("att"), id, m.attempts[id])
		}
		if m.where[id] != "" {
			t.Fatalf("%s is picked while its attempt at %s is under way", id, m.where[id])
		}
		m.attempts[id], m.where[id] = r.Int("att"), r.Str("to")
		if m.cfg.OnFull == Skip {
			m.fly(t, worker, r.Str("to"))
		}
	case "attempt_failed":
		if m.where[id] != r.Str("to") {
			t.Fatalf("%s failed at %s, it was at %s", id, r.Str("to"), m.where[id])
		}
		m.land(id, r.Actor)
	case "done", "gave_up", "dead":
		m.land(id, r.Actor)
		delete(m.attempts, id)
		m.ended++
	}
}

// fly counts a packet in flight. (A pick of the router names the worker apart.)
func (m *machine) fly(t *rapid.T, worker, an string) {
	if m.cfg.State == Shared {
		worker = worker[:2]
	}
	if m.flying[worker+an]++; m.flying[worker+an] > m.cfg.Window {
		t.Fatalf("%d packets in flight from %s to %s, the window is %d", m.flying[worker+an], worker, an, m.cfg.Window)
	}
}

func (m *machine) land(id, worker string) {
	if an := m.where[id]; an != "" {
		m.flying[worker+an]--
	}
	delete(m.where, id)
}

// finish stops the node: then everything has a result.
func (m *machine) finish(t *rapid.T) {
	m.b.Stop()
	m.b.run(m.cfg.WithDefaults().DrainMax + 100*time.Millisecond)
	m.check(t)
	if !m.b.Exited || len(m.waiting) != 0 {
		t.Fatalf("exited %v, %d packets without a result", m.b.Exited, len(m.waiting))
	}
	for name, kind := range map[string]string{"admitted": "admit", "picks": "pick", "retries": "retry", "done": "done", "gave_up": "gave_up", "dead": "dead"} {
		if got, want := m.b.Counter(name), int64(len(m.b.Records(kind))); got != want {
			t.Fatalf("counter %s is %d, the log has %d", name, got, want)
		}
	}
	if wrong := m.b.Misjudged(); wrong != nil {
		t.Fatalf("measured otherwise than logged:\n%s", strings.Join(wrong, "\n"))
	}
}

func TestMachine(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMachine(rt, t)
		rt.Repeat(map[string]func(*rapid.T){
			"submit": m.submit, "submit2": m.submit, "again": m.again, "receipt": m.receipt, "receipt2": m.receipt, "receipt3": m.receipt,
			"fails": m.fails, "silence": m.silence, "sickness": m.sickness, "time": m.time, "pause": m.pause, "order": m.order,
			"": m.check,
		})
		m.finish(rt)
	})
}
