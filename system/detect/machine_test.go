package detect

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 3)) }

// recount is a second, slow reading of the verdicts: it keeps every piece of
// evidence and counts anew each time.
type recount struct {
	cfg      Config
	state    State
	history  []string // ok, fail, dataok, datafail, inc, up, down, dp
	suspect  bool
	incSince time.Duration
	upSince  time.Duration
	resumed  time.Duration
}

// trailing counts the pieces named by what since the last one named by ends.
func (r *recount) trailing(what string, ends ...string) int {
	n := 0
	for i := len(r.history) - 1; i >= 0; i-- {
		for _, e := range ends {
			if r.history[i] == e {
				return n
			}
		}
		if r.history[i] == what {
			n++
		}
	}
	return n
}

func (r *recount) fails() int   { return r.trailing("fail", "ok", "inc", "up") }
func (r *recount) oks() int     { return r.trailing("ok", "fail", "inc", "up", "down") }
func (r *recount) badData() int { return r.trailing("datafail", "dataok", "inc", "up") }

// probe takes a counted result and returns the verdict that must follow.
func (r *recount) probe(out Output) State {
	switch {
	case out.Counted == ResultNone || out.Counted == ResultIgnored:
	case out.CountedData && out.Counted == ResultOK:
		if r.state == Down && r.oks() >= r.cfg.Successes {
			return Up
		}
	case out.CountedData:
		// A failed data probe begins the count anew, yet is no failed health probe.
		r.history = append(r.history, "down")
	case out.Counted == ResultOK:
		r.history = append(r.history, "ok")
		if r.state == Down && r.oks() >= r.cfg.Successes && !r.suspect {
			return Up
		}
	default:
		r.history = append(r.history, "fail")
		refused := r.cfg.RefusedDown && out.Counted == ResultRefused
		if r.cfg.Kind == Threshold && r.fails() >= r.cfg.Failures || refused {
			return Down
		}
	}
	return r.state
}

// data takes a failed packet and returns the verdict that must follow.
func (r *recount) data(sent time.Duration, why Reason) State {
	if sent < r.incSince || sent < r.upSince || why == Timeout && sent < r.resumed || why == Unsent {
		return r.state
	}
	r.history = append(r.history, "datafail")
	if r.badData() >= r.cfg.DataFailures {
		r.suspect = true
		return Down
	}
	if why == Refused && r.cfg.RefusedDown {
		return Down
	}
	return r.state
}

func (r *recount) become(s State, now time.Duration) {
	if s == r.state {
		return
	}
	r.state = s
	r.history = append(r.history, s.String())
	if s == Up {
		r.upSince, r.suspect = now, false
	}
}

// agrees: whatever calls come, in whatever order, the verdict is the recount's.
func agrees(t *rapid.T, kind string) {
	c := drawConfig(t, kind)
	c.RefusedDown = rapid.Bool().Draw(t, "refused down")
	if kind == Phi {
		c = drawPhi(t, c)
	}
	d, err := New(c, 0, newRand(rapid.Uint64().Draw(t, "seed")))
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, d: d, r: recount{cfg: c.WithDefaults(), incSince: never, upSince: never, resumed: never}}
	if kind == Phi {
		m.quiet = newSilence(m.r.cfg)
	}
	for range rapid.IntRange(1, 150).Draw(t, "steps") {
		m.step()
	}
}

func TestDetectorsAgreeWithRecount(t *testing.T) {
	for _, kind := range kinds() {
		t.Run(kind, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { agrees(t, kind) })
		})
	}
}

func FuzzDetectorsAgreeWithRecount(f *testing.F) {
	for seed := range byte(4) {
		draws := make([]byte, 64<<10)
		_, _ = rand.NewChaCha8([32]byte{seed}).Read(draws) // never fails
		f.Add(draws)
	}
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { agrees(t, rapid.SampledFrom(kinds()).Draw(t, "kind")) }))
}

type machine struct {
	t       *rapid.T
	d       Detector
	r       recount
	quiet   *silence // of phi
	now     time.Duration
	number  uint64 // newest probe
	data    bool   // it is a data probe
	awaited bool
	known   uint32 // incarnation of the analyser
	call    string // the present one
}

func (m *machine) step() {
	t := m.t
	m.now = max(m.now, m.d.Next()-time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 200}).Draw(t, "early"))*ms)
	if rapid.IntRange(0, 30).Draw(t, "pause") == 0 {
		m.now = max(m.now, m.d.Next()) + m.r.cfg.Pause + 1 + time.Duration(rapid.IntRange(0, 5000).Draw(t, "gap"))*ms
	}
	number := m.number - min(m.number, uint64(rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "old number")))
	why := rapid.SampledFrom([]Reason{Timeout, Refused, Reset, NotReady, Unsent}).Draw(t, "why")
	inc := m.incarnation()
	m.call = rapid.SampledFrom([]string{"tick", "tick", "answer", "answer", "answer", "fail", "data ok", "data fail", "data fail"}).Draw(t, "call")
	switch m.call {
	case "tick":
		m.judge(m.d.Tick(m.now), 0)
	case "answer":
		if m.data {
			m.judge(m.d.DataProbeOK(m.now, number, inc), inc)
		} else {
			m.judge(m.d.ProbeReply(m.now, number, inc, rapid.IntRange(0, 4).Draw(t, "ready") > 0), inc)
		}
	case "fail":
		m.judge(m.d.ProbeFailed(m.now, number, why), 0)
	case "data ok":
		known := m.d.Incarnation()
		out := m.d.DataOK(m.now, inc)
		m.judge(out, inc)
		if inc == 0 || inc >= known {
			m.r.history = append(m.r.history, "dataok")
		}
	case "data fail":
		sent := m.now - min(m.now, time.Duration(rapid.IntRange(0, 900).Draw(t, "age"))*ms)
		out := m.d.DataFailed(m.now, sent, why)
		m.gap(out)
		m.agree(out, m.r.data(sent, why))
	}
}

// incarnation draws one: mostly the known one, sometimes a newer, an older or none.
func (m *machine) incarnation() uint32 {
	known := m.d.Incarnation()
	switch rapid.IntRange(0, 12).Draw(m.t, "incarnation") {
	case 0:
		return known + 1
	case 1:
		return known - min(known, 1)
	case 2:
		return 0
	}
	return max(known, 1)
}

func (m *machine) gap(out Output) {
	if out.Gap > 0 {
		m.r.resumed = m.now
		if m.quiet != nil {
			m.quiet.restart(m.now)
		}
	}
}

// judge compares an output with the recount. seen is the incarnation in an answer.
func (m *machine) judge(out Output, seen uint32) {
	m.gap(out)
	if out.Counted != ResultNone {
		if !m.awaited || out.CountedNumber != m.number || out.CountedData != m.data {
			m.t.Fatalf("counted %+v, awaited %v number %d data %v", out, m.awaited, m.number, m.data)
		}
		m.awaited = false
	}
	if m.d.Incarnation() != m.known {
		if m.d.Incarnation() != seen || seen < m.known {
			m.t.Fatalf("incarnation %d after an answer of %d, before %d", m.d.Incarnation(), seen, m.known)
		}
		if m.known > 0 {
			m.r.history, m.r.incSince = append(m.r.history, "inc"), m.now
		}
		m.known = seen
	}
	want := m.r.probe(out)
	if m.quiet != nil {
		want = m.quiet.verdict(m, out, want)
	}
	m.agree(out, want)
}

func (m *machine) agree(out Output, want State) {
	fails, oks, bad := m.r.fails(), m.r.oks(), m.r.badData()
	if m.d.State() != want || out.Changed != (want != m.r.state) {
		m.t.Fatalf("%v: verdict %v, recount %v after %v; %+v", m.now, m.d.State(), want, m.r.history, out)
	}
	if out.Changed {
		c := out.Change
		if c.To == Up && (c.Successes != oks || c.Cause != CauseRecovered) ||
			(c.Cause == CauseProbe || c.Cause == CausePhi) && c.Failures != fails || c.Cause == CauseData && c.Failures != bad {
			m.t.Fatalf("%+v; recount: %d failed, %d answered, %d packets failed", c, fails, oks, bad)
		}
	}
	m.r.become(want, m.now)
	if out.Send != SendNothing {
		if m.awaited || out.Number != m.number+1 || (out.Send == SendDataProbe) != (m.r.state == Down && m.r.suspect && m.r.oks() >= m.r.cfg.Successes) {
			m.t.Fatalf("%v: send %+v; awaited %v, newest %d, history %v", m.now, out, m.awaited, m.number, m.r.history)
		}
		m.awaited, m.number, m.data = true, out.Number, out.Send == SendDataProbe
	}
}
