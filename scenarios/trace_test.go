package scenarios

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// traced runs crash with a trace.
func traced(t *testing.T, tr *Trace, set ...string) *Result {
	t.Helper()
	if tr.Record == nil {
		tr.Record = func(string, []byte) bool { return true }
	}
	if tr.Handled == nil {
		tr.Handled = func(Handled) bool { return true }
	}
	return runSmall(t, Options{Seed: 1, Trace: tr}, "crash", append(set, "phases.heal=3s")...)
}

// eventOf is the event number of a record.
func eventOf(line []byte) (n uint64) {
	for _, c := range fieldOf(line, "g") {
		n = 10*n + uint64(c-'0')
	}
	return n
}

// TestTraceIsTheLogs: what a trace shows is the logs, line for line, in the order of the
// run, and looking changes nothing.
func TestTraceIsTheLogs(t *testing.T) {
	files := map[string]*bytes.Buffer{}
	var last, events uint64
	see := func(event uint64) {
		if event < last {
			t.Fatalf("event %d after event %d", event, last)
		}
		last = event
	}
	res := traced(t, &Trace{
		Record: func(file string, line []byte) bool {
			if files[file] == nil {
				files[file] = &bytes.Buffer{}
			}
			files[file].Write(line)
			see(eventOf(line))
			return true
		},
		Handled: func(h Handled) bool { events++; see(h.Event); return true },
	})
	for _, f := range append(slices.Clone(res.Logs), File{"faults.jsonl", Text{res.Faults}}) {
		if files[f.Name] == nil || !bytes.Equal(files[f.Name].Bytes(), f.Data.Bytes()) {
			t.Errorf("the trace of %s is not the log", f.Name)
		}
	}
	if len(files) != len(res.Logs)+1 || events == 0 {
		t.Errorf("%d files and %d events without a record", len(files), events)
	}
	plain := runSmall(t, Options{Seed: 1}, "crash", "phases.heal=3s")
	if plain.TraceHash != res.TraceHash || plain.LogHash != res.LogHash || plain.Stop != StopSettled {
		t.Errorf("the run is another one when it is traced; it ended %s", plain.Stop)
	}
}

// TestTraceEndsARun: the run ends when no more is wanted, and nothing is shown after that.
func TestTraceEndsARun(t *testing.T) {
	for name, most := range map[string]int{"record": 100, "fault": 3} {
		shown := 0
		res := traced(t, &Trace{Record: func(file string, _ []byte) bool {
			if name == "record" || file == "faults.jsonl" {
				shown++
			}
			return shown < most
		}})
		if res.Stop != StopEnough || shown != most || res.Virtual > 5*time.Second {
			t.Errorf("%s: ended %s after %d at %v", name, res.Stop, shown, res.Virtual)
		}
	}
	handled := 0
	res := traced(t, &Trace{Handled: func(Handled) bool { handled++; return handled < 7 }})
	if res.Stop != StopEnough || handled != 7 {
		t.Errorf("ended %s after %d", res.Stop, handled)
	}
}

// TestInterruptedTrace: that the logs of an interrupted run are closed is not shown as the
// end of its nodes.
func TestInterruptedTrace(t *testing.T) {
	calls, ends, lines := 0, 0, 0
	tr := &Trace{Handled: func(Handled) bool { return true }, Record: func(_ string, line []byte) bool {
		lines++
		if bytes.HasPrefix(line, []byte(`{"k":"stop"`)) || bytes.HasPrefix(line, []byte(`{"k":"end"`)) {
			ends++
		}
		return true
	}}
	res := runSmall(t, Options{Trace: tr, Interrupted: func() bool { calls++; return calls > 20 }}, "crash")
	if res.Stop != StopInterrupted || lines == 0 || ends > 0 {
		t.Errorf("ended %s, %d lines, %d ends", res.Stop, lines, ends)
	}
}

// TestStopAt: the run ends at that event, whose actor is shown before it acts.
func TestStopAt(t *testing.T) {
	var pick uint64
	traced(t, &Trace{Record: func(_ string, line []byte) bool {
		if !bytes.HasPrefix(line, []byte(`{"k":"pick",`)) {
			return true
		}
		pick = eventOf(line)
		return false
	}})
	if pick == 0 {
		t.Fatal("no pick")
	}
	var stops []Handled
	late := false
	res := traced(t, &Trace{
		StopAt:  pick,
		Stopped: func(h Handled) { stops = append(stops, h) },
		Record: func(_ string, line []byte) bool {
			late = late || bytes.HasPrefix(line, []byte(`{"k":"pick",`))
			return true
		},
	})
	if len(stops) != 1 || res.Stop != StopEnough || res.Events != pick || late {
		t.Fatalf("%d stops, ended %s after %d events, want %d; shown too much: %v", len(stops), res.Stop, res.Events, pick, late)
	}
	h := stops[0]
	if h.Event != pick || h.Node != "d1" || !strings.HasPrefix(h.Actor, "w") || h.State == nil || h.What != "the message assign from ingress" {
		t.Errorf("stopped at %+v", h)
	}
}

// TestStopAtNoActorsEvent: an event that no actor handles stops nothing; the run ends with
// the next one that an actor does.
func TestStopAtNoActorsEvent(t *testing.T) {
	var crash uint64
	traced(t, &Trace{Record: func(_ string, line []byte) bool {
		if !bytes.HasPrefix(line, []byte(`{"k":"fault",`)) {
			return true
		}
		crash = eventOf(line)
		return false
	}})
	res := traced(t, &Trace{StopAt: crash, Stopped: func(h Handled) { t.Errorf("stopped at %+v", h) }})
	if crash == 0 || res.Stop != StopEnough || res.Events <= crash {
		t.Errorf("ended %s after %d events, the crash is event %d", res.Stop, res.Events, crash)
	}
}
