package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// load is a time at one load, in percent of a processor, and how many processors there are
// at its end.
type load struct {
	percent, looks, want int
}

// TestProcs holds how the number of processors follows the load.
func TestProcs(t *testing.T) {
	for what, c := range map[string]struct {
		most  int
		loads []load
	}{
		"idle":              {16, []load{{0, 9, 16}, {0, 1, 8}, {0, 10, 4}, {0, 10, 2}, {0, 10, 1}, {0, 100, 1}}},
		"it grows":          {16, []load{{0, 50, 1}, {80, 100, 1}, {100, 1, 2}, {200, 1, 4}, {400, 1, 8}, {800, 1, 16}, {1600, 9, 16}}},
		"as much as before": {16, []load{{0, 50, 1}, {91, 1, 2}, {71, 100, 2}, {70, 9, 2}, {70, 1, 1}}},
		"an odd number":     {3, []load{{141, 100, 3}, {140, 10, 2}, {70, 10, 1}, {95, 1, 2}, {190, 1, 3}, {300, 5, 3}}},
		"a short calm":      {4, []load{{0, 9, 4}, {300, 1, 4}, {0, 9, 4}, {0, 1, 2}}},
		"one":               {1, []load{{100, 5, 1}, {0, 50, 1}}},
	} {
		p := procs{now: c.most, most: c.most}
		for i, l := range c.loads {
			for range l.looks {
				p.next(time.Duration(l.percent)*time.Millisecond, 100*time.Millisecond)
			}
			if p.now != l.want {
				t.Errorf("%s, %d: %d processors after %d looks at %d %%, want %d", what, i, p.now, l.looks, l.percent, l.want)
			}
		}
	}
	p := procs{now: 2, most: 2}
	p.next(time.Second, 0) // no time has passed
}

// TestProcessorTime holds that it is of the process, and grows with what it does.
func TestProcessorTime(t *testing.T) {
	before, ok := processorTime()
	if !ok {
		t.Skip("it cannot be known here")
	}
	for end := time.Now().Add(20 * time.Second); ; {
		now, _ := processorTime()
		if now > before {
			break
		}
		if time.Now().After(end) {
			t.Fatal("no processor time in 20 s of work")
		}
	}
}

// TestProcsOfAProcess holds that a distributor with nothing to do comes to one processor, and
// that the environment has the last word.
func TestProcsOfAProcess(t *testing.T) {
	for _, c := range []struct {
		env  string
		want int
	}{{"", 1}, {"2", 2}} {
		t.Setenv("GOMAXPROCS", c.env)
		admin := free(t)
		d := spawn(t, "distribute", "--name", "d1", "--listen", free(t), "--admin", admin, "--data", filepath.Join(t.TempDir(), "d1"), "--analyser", "a1=1@"+free(t))
		want := fmt.Sprintf("\ngo_sched_gomaxprocs_threads %d\n", c.want)
		for end := time.Now().Add(hang); !strings.Contains(answers(t, admin, "/metrics", http.StatusOK), want); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("GOMAXPROCS=%q: never%s%s", c.env, want, d.errs.String())
			}
		}
		d.Process.Kill()
		_ = d.Wait()
	}
}
