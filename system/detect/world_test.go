package detect

import (
	"fmt"
	"math/rand/v2"
	"time"

	"pgregory.net/rapid"
)

const (
	ms = time.Millisecond
)

// failer is what checks need of *testing.T and *rapid.T.
type failer interface {
	Helper()
	Fatalf(string, ...any)
}

// world runs one detector against an analyser whose two paths are up or down by
// a script, in virtual time, and checks what must always hold.
type world struct {
	t   failer
	cfg Config
	d   Detector
	rng *rand.Rand
	now time.Duration

	probesFail func(time.Duration) bool // the health path is cut at that time
	dataFails  func(time.Duration) bool // the data path is
	inc        uint32
	every      time.Duration // a packet is sent this often while up, 0: never
	attempt    time.Duration // attempt timeout of packets
	delayMax   time.Duration // of answers
	late       time.Duration // how late the observer's timers are

	events   []event // pending, unordered
	awaiting bool    // a probe is outstanding
	lastSent time.Duration
	changes  []seen
	lastData time.Duration // newest reported failure of a packet
}

type event struct {
	at   time.Duration
	what func()
}

type seen struct {
	at time.Duration
	Change
}

func newWorld(t failer, c Config, seed uint64) *world {
	t.Helper()
	w := &world{t: t, cfg: c.WithDefaults(), rng: rand.New(rand.NewPCG(seed, 1)), inc: 1, lastSent: -1, lastData: -1}
	up := func(time.Duration) bool { return false }
	w.probesFail, w.dataFails = up, up
	w.delayMax, w.attempt = w.cfg.Timeout-1, 500*ms
	d, err := New(c, 0, rand.New(rand.NewPCG(seed, 2)))
	if err != nil {
		t.Fatalf("%v", err)
	}
	w.d = d
	return w
}

func (w *world) after(delay time.Duration, what func()) {
	w.events = append(w.events, event{w.now + delay, what})
}

// run advances to the end.
func (w *world) run(end time.Duration) {
	if w.every > 0 {
		w.after(0, w.packet)
	}
	for steps := 0; ; steps++ {
		if steps > 1_000_000 {
			w.t.Fatalf("no progress at %v", w.now)
		}
		next, which := max(w.d.Next()+w.late, w.now), -1
		for i, e := range w.events {
			if e.at < next {
				next, which = e.at, i
			}
		}
		if next > end {
			w.now = end
			return
		}
		w.now = next
		if which < 0 {
			w.take(w.d.Tick(w.now))
			continue
		}
		e := w.events[which]
		w.events = append(w.events[:which], w.events[which+1:]...)
		e.what()
	}
}

// packet sends a real packet if the verdict is up, and the next one later.
func (w *world) packet() {
	w.after(w.every, w.packet)
	if w.d.State() == Down {
		return
	}
	sent := w.now
	if w.dataFails(sent) {
		w.after(w.attempt, func() {
			if w.d.State() == Up { // a verdict down ends the attempts in flight
				w.lastData = w.now
				w.take(w.d.DataFailed(w.now, sent, Timeout))
			}
		})
		return
	}
	w.after(w.answerTime(), func() { w.take(w.d.DataOK(w.now, w.inc)) })
}

func (w *world) answerTime() time.Duration {
	return time.Duration(w.rng.Int64N(int64(w.delayMax) + 1))
}

// take checks an output and does what it asks for.
func (w *world) take(out Output) {
	w.t.Helper()
	if out.Counted != ResultNone {
		if !w.awaiting {
			w.t.Fatalf("%v: probe %d counted as %v, none is outstanding", w.now, out.CountedNumber, out.Counted)
		}
		w.awaiting = false
	}
	if out.Changed {
		if n := len(w.changes); n > 0 && w.changes[n-1].To == out.Change.To || out.Change.To != w.d.State() {
			w.t.Fatalf("%v: change %+v, state %v", w.now, out.Change, w.d.State())
		}
		w.changes = append(w.changes, seen{w.now, out.Change})
	}
	if out.Send != SendNothing {
		w.send(out.Send, out.Number)
	}
}

func (w *world) send(kind Send, number uint64) {
	w.t.Helper()
	if w.awaiting {
		w.t.Fatalf("%v: a second probe, %d, while one is outstanding", w.now, number)
	}
	w.awaiting = true
	if kind == SendDataProbe {
		if !w.dataFails(w.now) {
			delay := min(w.answerTime(), w.cfg.DataTimeout-1)
			w.after(delay, func() { w.take(w.d.DataProbeOK(w.now, number, w.inc)) })
		}
		return
	}
	shortest := min(w.cfg.Interval, w.cfg.DownInterval) - w.cfg.jitter()
	if w.lastSent >= 0 && w.now-w.lastSent < shortest {
		w.t.Fatalf("%v: probe %d only %v after the one before", w.now, number, w.now-w.lastSent)
	}
	w.lastSent = w.now
	if !w.probesFail(w.now) {
		w.after(w.answerTime(), func() { w.take(w.d.ProbeReply(w.now, number, w.inc, true)) })
	}
}

// between is a script: the path is cut in [from, to).
func between(from, to time.Duration) func(time.Duration) bool {
	return func(at time.Duration) bool { return at >= from && at < to }
}

// drawConfig draws a valid configuration of that kind.
func drawConfig(t *rapid.T, kind string) Config {
	span := func(low, high int, name string) time.Duration {
		return time.Duration(rapid.IntRange(low, high).Draw(t, name)) * ms
	}
	c := Config{Kind: kind, Interval: span(50, 2000, "interval"), DownInterval: span(50, 2000, "down interval"),
		Failures: rapid.IntRange(1, 5).Draw(t, "failures"), Successes: rapid.IntRange(1, 4).Draw(t, "successes"),
		DataFailures: rapid.IntRange(1, 4).Draw(t, "data failures"), DataTimeout: span(10, 3000, "data timeout")}
	shortest := min(c.Interval, c.DownInterval)
	c.Jitter = time.Duration(rapid.Int64Range(1, int64(shortest/2)).Draw(t, "jitter"))
	c.Timeout = time.Duration(rapid.Int64Range(int64(ms), int64(shortest-c.Jitter)).Draw(t, "timeout"))
	if err := c.Validate(); err != nil {
		t.Fatalf("%v", err)
	}
	return c
}

// kinds lists both detectors: most properties hold for each.
func kinds() []string { return []string{Threshold, Phi} }

func (s seen) String() string { return fmt.Sprintf("%v at %v", s.Change, s.at) }
