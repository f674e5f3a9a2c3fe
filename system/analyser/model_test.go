package analyser

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/system/message"
	"weir/system/node"
	"weir/system/node/nodetest"
)

// model drives an analyser through random dispatches, disk errors, torn writes
// and crashes, and knows what it promised.
type model struct {
	n        *nodetest.Node
	cfg      Config
	lo       uint64
	promised map[uint64]bool // acknowledged as committed or duplicate
}

func (m *model) dispatch(t *rapid.T) {
	seq := rapid.Uint64Range(1, 40).Draw(t, "seq")
	give(m.n, packet(seq, int(seq%3)+1), m.lo)
	m.collect(t)
}

func (m *model) collect(t *rapid.T) {
	for _, s := range m.n.Take() {
		r, ok := s.Msg.(*message.Receipt)
		if ok && (r.Status == message.StCommitted || r.Status == message.StDuplicate && r.Why == "seen") {
			m.promised[r.ID.Seq] = true
		}
		if ok && r.Status == message.StPoison {
			t.Fatalf("packet %s was called %s", r.ID, r.Why)
		}
	}
}

// raise moves the low-watermark over what was promised, as an emitter would.
func (m *model) raise(*rapid.T) {
	for m.promised[m.lo] {
		m.lo++
	}
}

func (m *model) disk(t *rapid.T) {
	ops := m.n.Ops()
	if len(ops) == 0 {
		m.n.Advance(50 * time.Millisecond)
		return
	}
	if rapid.IntRange(0, 4).Draw(t, "fails") == 0 {
		m.n.FailDisk(node.ErrDiskIO, rapid.IntRange(0, len(ops[0].Data)).Draw(t, "kept"))
	} else {
		m.n.Complete()
	}
	m.collect(t)
}

func (m *model) crash(t *rapid.T) {
	keep := 0
	if ops := m.n.Ops(); len(ops) > 0 {
		keep = rapid.IntRange(0, len(ops[0].Data)).Draw(t, "torn at")
	}
	if keep < 4 {
		// After a partial append these bytes can complete its last frame to the right
		// length: nothing tells that from damage, and the store reports the worse.
		keep = 0
	}
	m.n.Tear(keep)
	m.n.Take()
	m.n.MustBoot(Boot(m.cfg))
}

// kill ends a worker. What it owed is answered by nobody.
func (m *model) kill(t *rapid.T) {
	live := workersOf(m.n)
	if len(live) > 0 {
		m.n.Kill(rapid.SampledFrom(live).Draw(t, "worker"))
	}
}

// check compares the log with what was promised.
func (m *model) check(t *rapid.T) {
	m.n.Advance(2 * time.Second)
	m.n.CompleteAll()
	m.collect(t)
	if wrong := m.n.Misjudged(); wrong != nil {
		t.Fatalf("measured otherwise than logged: %q", wrong)
	}
	standing := map[int64]string{} // commit number -> id
	for _, r := range m.n.Records("recover", "commit") {
		if r.Kind == "recover" {
			if r.Int("lost") != 0 {
				t.Fatalf("lost %d without damage", r.Int("lost"))
			}
			for cs := range standing {
				if cs > r.Int("n") {
					delete(standing, cs)
				}
			}
			if int64(len(standing)) != r.Int("n") {
				t.Fatalf("recovered %d commits, the log has %d", r.Int("n"), len(standing))
			}
			continue
		}
		if old, ok := standing[r.Int("cs")]; ok && old != r.Str("id") {
			t.Fatalf("commit %d is %s and %s", r.Int("cs"), old, r.Str("id"))
		}
		standing[r.Int("cs")] = r.Str("id")
	}
	ids := map[string]bool{}
	for cs, id := range standing {
		if ids[id] {
			t.Fatalf("%s has two standing commits, one of them %d", id, cs)
		}
		ids[id] = true
	}
	for seq := range m.promised {
		if id := packet(seq, 1).ID.String(); !ids[id] {
			t.Fatalf("%s was acknowledged and does not stand", id)
		}
	}
}

func TestNothingPromisedIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{n: nodetest.New("a1", 1), lo: 1, promised: map[uint64]bool{}}
		m.cfg = Config{CompactBytes: rapid.SampledFrom([]int{1, 300, 1 << 20}).Draw(t, "compact"), BatchMax: 3, DiskRetryMin: time.Millisecond, DiskRetryMax: 20 * time.Millisecond}
		m.cfg.Workers = rapid.SampledFrom([]int{1, 1, 2, 4}).Draw(t, "workers")
		if rapid.IntRange(0, 3).Draw(t, "outside") == 0 {
			m.cfg.Store = newMemory()
		}
		m.n.AutoDisk = false
		m.n.MustBoot(Boot(m.cfg))
		t.Repeat(map[string]func(*rapid.T){
			"dispatch": m.dispatch, "dispatch2": m.dispatch, "raise": m.raise,
			"disk": m.disk, "disk2": m.disk, "disk3": m.disk, "crash": m.crash, "kill": m.kill,
		})
		m.check(t)
	})
}
