package distributor

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/system/node"
	"weir/system/node/nodetest"
)

// TestFifo holds the queue against a plain slice.
func TestFifo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q fifo[int]
		var model []int
		for i, op := range rapid.SliceOfN(rapid.IntRange(0, 4), 1, 300).Draw(t, "ops") {
			switch {
			case op == 4 && len(model) > 0: // take one and put it back
				q.pushFront(q.pop())
			case op == 3 && len(model) > 0:
				if got := q.pop(); got != model[0] {
					t.Fatalf("popped %d, want %d", got, model[0])
				}
				model = model[1:]
			default:
				q.push(i)
				model = append(model, i)
			}
			if q.len() != len(model) || len(model) > 0 && q.front() != model[0] {
				t.Fatalf("%d items, want %v", q.len(), model)
			}
		}
	})
}

// TestRetryHeap holds that retries come out by due time and then in the order of
// their failures, also when some are removed from the middle.
func TestRetryHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h retryHeap
		var model []*job
		for i, op := range rapid.SliceOfN(rapid.IntRange(0, 9), 1, 100).Draw(t, "ops") {
			if op < 3 && len(model) > 0 {
				k := op * (len(model) - 1) / 2
				h.remove(model[k])
				model = slices.Delete(model, k, k+1)
				continue
			}
			j := &job{due: time.Duration(op), order: uint64(i)}
			h.push(j)
			model = append(model, j)
		}
		slices.SortStableFunc(model, func(a, b *job) int { return int(a.due - b.due) })
		for i, want := range model {
			if got := h.pop(); got != want {
				t.Fatalf("retry %d is due at %d order %d, want %d order %d", i, got.due, got.order, want.due, want.order)
			}
		}
		if len(h) != 0 {
			t.Fatalf("%d retries left", len(h))
		}
	})
}

// TestBackoffJitterSpreads holds that the jitter uses its whole range, on both sides.
func TestBackoffJitterSpreads(t *testing.T) {
	n := nodetest.New("d1", 3)
	cfg := Config{BackoffBase: 100 * time.Millisecond, BackoffMax: time.Second, JitterPPM: 200_000}
	low, high := time.Hour, time.Duration(0)
	n.MustBoot((&envProbe{f: func(env node.Env) {
		for range 1000 {
			wait := backoff(&cfg, 2, env)
			low, high = min(low, wait), max(high, wait)
		}
	}}).boot)
	if low < 80*time.Millisecond || low > 82*time.Millisecond || high > 120*time.Millisecond || high < 118*time.Millisecond {
		t.Errorf("waits from %v to %v, want 80ms to 120ms", low, high)
	}
}

// TestBackoff holds the wait within its jitter and cap, whatever the attempt.
func TestBackoff(t *testing.T) {
	n := nodetest.New("d1", 3)
	probe := &envProbe{}
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			BackoffBase: time.Duration(rapid.Int64Range(1e6, 1e10).Draw(t, "base")),
			JitterPPM:   rapid.SampledFrom([]int{NoJitter, 1, 200_000, ppm}).Draw(t, "jitter"),
		}
		cfg.BackoffMax = cfg.BackoffBase * time.Duration(rapid.Int64Range(1, 1000).Draw(t, "max"))
		attempt := rapid.Uint32Range(2, 1000).Draw(t, "attempt")
		exact := cfg.BackoffMax
		if attempt < 20 {
			exact = min(cfg.BackoffBase<<(attempt-2), cfg.BackoffMax)
		}
		spread := exact / ppm * time.Duration(max(cfg.JitterPPM, 0))
		var got time.Duration
		probe.f = func(env node.Env) { got = backoff(&cfg, attempt, env) }
		n.MustBoot(probe.boot)
		// spread is rounded to the microsecond here and there
		if slack := spread/1000 + 2*time.Millisecond; got < 0 || got < exact-spread-slack || got > exact+spread+slack || got > cfg.BackoffMax {
			t.Fatalf("wait %v for attempt %d, want %v +- %v, at most %v", got, attempt, exact, spread, cfg.BackoffMax)
		}
		if spread == 0 && got != exact {
			t.Fatalf("wait %v, want %v", got, exact)
		}
	})
}
