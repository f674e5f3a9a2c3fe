package detect

import (
	"strings"
	"testing"
	"time"
)

// start returns a detector of default timing without jitter, and its first
// probe, sent.
func start(t *testing.T, c Config) (Detector, Output) {
	t.Helper()
	c.Jitter = -1
	d, err := New(c, 0, newRand(1))
	if err != nil {
		t.Fatal(err)
	}
	out := d.Tick(d.Next())
	if out.Send != SendProbe || out.Number != 1 {
		t.Fatalf("first output %+v", out)
	}
	return d, out
}

// fail lets probes time out, in time, until n results were counted.
func timeouts(d Detector, n int) (last Output) {
	for n > 0 {
		if last = d.Tick(d.Next()); last.Counted == ResultTimeout {
			n--
		}
	}
	return last
}

// A pause of the observer: the probe that ran out meanwhile does not count, the
// failures before it still do, and one fresh failure completes them.
func TestPauseOfObserver(t *testing.T) {
	d, _ := start(t, Config{})
	timeouts(d, 2)
	d.Tick(d.Next()) // third probe
	wake := d.Next() + 10*time.Second
	out := d.Tick(wake)
	if out.Counted != ResultIgnored || out.Gap != 10*time.Second || out.Changed {
		t.Fatalf("after the pause %+v", out)
	}
	if out.Send != SendProbe {
		t.Fatalf("no fresh probe after the pause: %+v", out)
	}
	if out = d.DataFailed(wake+1, wake-1, Timeout); out.Changed || out.Gap > 0 {
		t.Fatalf("%+v", out)
	}
	out = timeouts(d, 1)
	if !out.Changed || out.Change.Cause != CauseProbe || out.Change.Failures != 3 || out.Gap > 0 {
		t.Fatalf("fresh failure: %+v", out)
	}
}

// Timeouts of packets sent before the end of a pause do not count; a reset does,
// because nobody needs a clock to see it.
func TestPauseAndPackets(t *testing.T) {
	for _, kind := range kinds() {
		d, out := start(t, Config{Kind: kind, DataFailures: 2})
		d.ProbeReply(d.Next()-1, out.Number, 1, true)
		now := d.Next() + 5*time.Second
		if out = d.Resumed(now); out.Gap != 0 {
			t.Errorf("%s: Resumed reports %v", kind, out.Gap)
		}
		for range 5 {
			if d.DataFailed(now, now-time.Second, Timeout).Changed {
				t.Fatalf("%s: a timeout of the pause counted", kind)
			}
		}
		d.DataFailed(now, now-time.Second, Reset)
		if out = d.DataFailed(now+1, now, Timeout); !out.Changed || out.Change.Cause != CauseData {
			t.Errorf("%s: fresh failures: %+v", kind, out)
		}
	}
}

// Any call can be the first after a pause, and it reports the pause once.
func TestAnyCallNoticesPause(t *testing.T) {
	for _, kind := range kinds() {
		for name, call := range map[string]func(d Detector, now time.Duration) Output{
			"tick":        func(d Detector, now time.Duration) Output { return d.Tick(now) },
			"reply":       func(d Detector, now time.Duration) Output { return d.ProbeReply(now, 1, 1, true) },
			"failed":      func(d Detector, now time.Duration) Output { return d.ProbeFailed(now, 9, Reset) },
			"data probe":  func(d Detector, now time.Duration) Output { return d.DataProbeOK(now, 9, 1) },
			"data ok":     func(d Detector, now time.Duration) Output { return d.DataOK(now, 1) },
			"data failed": func(d Detector, now time.Duration) Output { return d.DataFailed(now, now, Reset) },
		} {
			d, _ := start(t, Config{Kind: kind})
			now := d.Next() + 30*time.Second
			if out := call(d, now); out.Gap != 30*time.Second || out.Changed {
				t.Errorf("%s %s: %+v", kind, name, out)
			}
			if out := d.Tick(now + ms); out.Gap != 0 || out.Changed {
				t.Errorf("%s after %s: %+v", kind, name, out)
			}
		}
	}
}

// A probe delayed behind a slow data probe is not a pause.
func TestDataProbeIsNoPause(t *testing.T) {
	d, out := start(t, Config{DataTimeout: 5 * time.Second, DataFailures: 1, Successes: 1})
	now := d.Next() - 1
	d.DataFailed(now, now, Reset)
	out = d.ProbeReply(now, out.Number, 1, true)
	if out.Send != SendDataProbe || out.Changed {
		t.Fatalf("%+v", out)
	}
	now += 4 * time.Second
	if out = d.ProbeFailed(now, out.Number, Reset); out.Counted != ResultReset || !out.CountedData {
		t.Fatalf("%+v", out)
	}
	if out = d.Tick(d.Next()); out.Gap != 0 || out.Send != SendProbe {
		t.Fatalf("%+v", out)
	}
}

// A new incarnation begins the count of successes anew, and what was sent before
// it was seen is no evidence about it.
func TestNewIncarnation(t *testing.T) {
	d, out := start(t, Config{Successes: 3, Initial: Down})
	answer := func(inc uint32) Output {
		reply := d.ProbeReply(d.Next()-1, out.Number, inc, true)
		out = d.Tick(d.Next())
		return reply
	}
	for i, inc := range []uint32{4, 4, 5, 5} {
		if reply := answer(inc); reply.Changed {
			t.Fatalf("answer %d: %+v", i, reply)
		}
	}
	if reply := d.ProbeReply(d.Next()-1, out.Number, 4, true); reply.Counted != ResultNone {
		t.Fatalf("an answer of the older incarnation counts: %+v", reply)
	}
	if reply := answer(5); !reply.Changed || reply.Change.Successes != 3 || reply.Change.Incarnation != 5 {
		t.Fatalf("third answer of incarnation 5: %+v", reply)
	}
	d.DataOK(d.Next()-1, 6) // the probe that is outstanding was sent before
	if out = d.ProbeFailed(d.Next(), out.Number, Reset); out.Counted != ResultIgnored {
		t.Fatalf("a failure from before incarnation 6 counts: %+v", out)
	}
}

// A data probe answered by a new incarnation does not clear what only the
// probes of the old one passed.
func TestDataProbeOfNewIncarnation(t *testing.T) {
	d, out := start(t, Config{DataFailures: 1, Successes: 1})
	now := d.Next() - 1
	d.DataFailed(now, now, Reset)
	out = d.ProbeReply(now, out.Number, 1, true)
	if out = d.DataProbeOK(now+ms, out.Number, 2); out.Changed || out.Counted != ResultOK {
		t.Fatalf("%+v", out)
	}
	out = d.Tick(d.Next())
	out = d.ProbeReply(d.Next()-1, out.Number, 2, true)
	if out = d.DataProbeOK(d.Next()-1, out.Number, 0); !out.Changed || !out.Change.DataProbe {
		t.Fatalf("%+v", out)
	}
}

// What the observer could not send is no evidence, and the data probe is tried
// again at the next turn.
func TestUnsent(t *testing.T) {
	d, out := start(t, Config{DataFailures: 1, Successes: 1, Failures: 1})
	now := d.Next() - 1
	if x := d.ProbeFailed(now, out.Number, Unsent); x.Counted != ResultIgnored || x.Changed {
		t.Fatalf("%+v", x)
	}
	d.DataFailed(now, now, Reset)
	out = d.Tick(d.Next())
	out = d.ProbeReply(d.Next()-1, out.Number, 1, true)
	d.ProbeFailed(d.Next()-1, out.Number, Unsent)
	if out = d.Tick(d.Next()); out.Send != SendDataProbe {
		t.Fatalf("%+v", out)
	}
	if out = d.DataFailed(d.Next()-1, d.Next()-1, Unsent); out.Changed {
		t.Fatalf("%+v", out)
	}
}

// One refused connection suffices if so configured, of a probe or of a packet.
func TestRefusedDown(t *testing.T) {
	for _, kind := range kinds() {
		for _, refusedDown := range []bool{false, true} {
			d, out := start(t, Config{Kind: kind, RefusedDown: refusedDown})
			out = d.ProbeFailed(d.Next()-1, out.Number, Refused)
			if out.Changed != refusedDown || refusedDown && out.Change.Cause != CauseRefused {
				t.Errorf("%s, %v, probe: %+v", kind, refusedDown, out)
			}
			d, _ = start(t, Config{Kind: kind, RefusedDown: refusedDown})
			out = d.DataFailed(d.Next()-1, d.Next()-1, Refused)
			if out.Changed != refusedDown || refusedDown && out.Change.Cause != CauseRefused {
				t.Errorf("%s, %v, packet: %+v", kind, refusedDown, out)
			}
		}
	}
}

// With DataFailures negative packets say nothing.
func TestDataFailuresOff(t *testing.T) {
	d, _ := start(t, Config{DataFailures: -1})
	for range 50 {
		if d.DataFailed(d.Next()-1, d.Next()-1, Timeout).Changed {
			t.Fatal("packets counted")
		}
	}
}

func TestConfigReportsAllErrors(t *testing.T) {
	err := Config{Kind: Phi, Initial: 7, Interval: -1, DownInterval: 2 * time.Hour, Timeout: time.Minute,
		Failures: -1, Successes: 1001, PhiThreshold: 999, PhiWindow: 1, PhiStdMin: 1, PhiMargin: time.Hour,
		SilenceMax: ms}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"initial state 7", "interval -1ns", "down_interval 2h", "timeout 1m0s is longer", "failures -1",
		"successes 1001", "phi_threshold 999", "phi_window 1", "phi_std_min 1ns", "phi_margin 1h", "silence_max 1ms"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error lacks %q:\n%v", part, err)
		}
	}
	if err := (Config{Kind: "guess"}).Validate(); err == nil || !strings.Contains(err.Error(), `"guess"`) {
		t.Errorf("kind: %v", err)
	}
	if err := (Config{}).Validate(); err != nil {
		t.Errorf("the zero Config: %v", err)
	}
	if _, err := New(Config{}, 0, nil); err == nil {
		t.Error("no random stream, no error")
	}
	if _, err := New(Config{Kind: "guess"}, 0, newRand(1)); err == nil {
		t.Error("New takes an invalid configuration")
	}
}

// A clock that goes back is the caller's bug.
func TestTimeGoesBack(t *testing.T) {
	d, _ := start(t, Config{})
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	d.Tick(d.Next())
	d.Tick(0)
}

func TestNames(t *testing.T) {
	if Up.String() != "up" || Down.String() != "down" || State(9).String() != "invalid" {
		t.Error("states")
	}
	for c, want := range map[Cause]string{CauseProbe: "probe", CauseData: "data", CausePhi: "phi", CauseRefused: "refused", CauseRecovered: "recovered", 99: "invalid"} {
		if c.String() != want {
			t.Errorf("cause %d is %s, want %s", c, c, want)
		}
	}
	for r, want := range map[Result]string{ResultOK: "ok", ResultNotReady: "not_ready", ResultTimeout: "timeout", ResultRefused: "refused", ResultReset: "reset", ResultIgnored: "ignored", 99: "invalid"} {
		if r.String() != want {
			t.Errorf("result %d is %s, want %s", r, r, want)
		}
	}
}

// "Not ready" from a new incarnation is evidence about it, though the probe was
// sent before it was known.
func TestNotReadyOfNewIncarnation(t *testing.T) {
	d, out := start(t, Config{Failures: 1})
	d.ProbeReply(d.Next()-1, out.Number, 1, true)
	out = d.Tick(d.Next())
	if out = d.ProbeReply(d.Next()-1, out.Number, 2, false); out.Counted != ResultNotReady || !out.Changed {
		t.Fatalf("%+v", out)
	}
}
