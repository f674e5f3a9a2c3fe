package scenarios

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"weir/logcheck"
)

// runSmall runs a catalogue scenario with overrides.
func runSmall(t *testing.T, opt Options, name string, set ...string) *Result {
	t.Helper()
	sc, err := Load(name, set...)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(sc, opt)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// Each limit ends a run by its own name, never with a pass.
func TestLimitsEndARun(t *testing.T) {
	for set, stop := range map[string]string{
		"limits.log_bytes=1MiB": StopLogBytes,
		"limits.events=2000":    "limit-events",
		"phases.settle=1s":      StopHalted,
	} {
		overrides := []string{set}
		if stop == StopHalted { // nobody is fast enough to finish what is under way when the load ends
			overrides = append(overrides, "analyser.service.packet=1s", "analyser.cores=1", "distributors.attempt_timeout=1m", "limits.time=10m")
		}
		res := runSmall(t, Options{Check: true}, "steady-deficit", overrides...)
		if res.Stop != stop || !strings.Contains(string(res.Faults), `"why":"`+stop+`"`) {
			t.Errorf("%s: the run ended %q, want %q", set, res.Stop, stop)
		}
		if res.Verdict.Status == logcheck.Pass {
			t.Errorf("%s: pass", set)
		}
	}
}

func TestLogLimitHolds(t *testing.T) {
	res := runSmall(t, Options{}, "steady-deficit", "limits.log_bytes=1MiB")
	total := 0
	for _, f := range res.Logs {
		total += f.Data.Len()
	}
	if total < 1<<19 || total > 1<<20+1<<16 {
		t.Errorf("%d bytes of logs at a limit of 1 MiB", total)
	}
}

func TestInterruptEndsARun(t *testing.T) {
	calls := 0
	res := runSmall(t, Options{Check: true, Interrupted: func() bool { calls++; return calls > 20 }}, "steady-deficit")
	if res.Stop != StopInterrupted || res.Verdict.Status == logcheck.Pass || len(res.Logs) == 0 {
		t.Errorf("ended %q with %d logs and verdict %s", res.Stop, len(res.Logs), res.Verdict.Status)
	}
}

// The world lets an actor have as many requests open as the scenario's own bounds
// allow: a queue of 6,000 is full at 6,000, not at the simulator's default.
func TestQueueIsAsLongAsTheScenarioSays(t *testing.T) {
	res := runSmall(t, Options{}, "all-down", "emitters.rate=2000/s", "emitters.count=1", "emitters.buffer.packets=9000",
		"emitters.buffer.bytes=64MiB", "emitters.for=9s", "distributors.queue.items=6000", "distributors.hold=1m", "phases.faults=8s")
	longest := 0
	for _, f := range res.Logs {
		for line := range bytes.Lines(f.Data.Bytes()) {
			if bytes.HasPrefix(line, []byte(`{"k":"refuse"`)) && fieldOf(line, "q") != "6000" {
				t.Fatalf("refused before the queue was full: %s", line)
			}
			if bytes.HasPrefix(line, []byte(`{"k":"admit"`)) {
				q, err := strconv.Atoi(fieldOf(line, "q"))
				if err != nil {
					t.Fatal(err)
				}
				longest = max(longest, q)
			}
		}
	}
	if longest != 6000 {
		t.Errorf("the queue reached %d packets, want 6000", longest)
	}
}
