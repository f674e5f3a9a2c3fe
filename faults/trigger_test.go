package faults

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func planOf(t testing.TB, text string) Plan {
	t.Helper()
	plan, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// feed passes one record to an evaluator and lists what it set off.
func feed(e *Evaluator, node, actor, kind string, pairs ...string) (fired []Firing) {
	field := func(key string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == key {
				return pairs[i+1]
			}
		}
		return ""
	}
	e.Observe(node, actor, kind, field, func(f Firing) { fired = append(fired, f) })
	return fired
}

func TestTriggers(t *testing.T) {
	e := NewEvaluator(planOf(t, `
		at 1s crash a1
		when a1 commit 3: crash a1
		when d1 health an=a2 to=down after 2s: cut d1 -> a1
		when d1/w1 pick: pause d1/w1
		when {a*,b1} commit 2: freeze a1
		every a2 commit 2: crash a2`))
	type record struct {
		node, actor, kind string
		pairs             []string
		want              []Firing
	}
	for i, r := range []record{
		{"a1", "store", "commit", nil, nil},
		{"a2", "store", "commit", nil, []Firing{{4, 0, 0}}}, // a1 and a2 count together for {a*,b1}
		{"b2", "store", "commit", nil, nil},
		{"a1", "store", "dup", nil, nil},
		{"a1", "other", "commit", nil, nil},
		{"a1", "store", "commit", nil, []Firing{{1, 0, 0}}},
		{"a1", "store", "commit", nil, nil}, // once means once
		{"d1", "w1", "health", []string{"an", "a2", "to", "up"}, nil},
		{"d1", "w1", "health", []string{"an", "a3", "to", "down"}, nil},
		{"d1", "w1", "health", nil, nil},
		{"d1", "w2", "health", []string{"to", "down", "an", "a2"}, []Firing{{2, 0, 2 * time.Second}}},
		{"d1", "w2", "pick", nil, nil},
		{"d1", "w1", "pick", nil, []Firing{{3, 0, 0}}},
		{"a2", "store", "commit", nil, []Firing{{5, 0, 0}}},
		{"a2", "store", "commit", nil, nil},
		{"a2", "store", "commit", nil, []Firing{{5, 1, 0}}},
	} {
		if got := feed(e, r.node, r.actor, r.kind, r.pairs...); !slices.Equal(got, r.want) {
			t.Errorf("record %d %v: fired %v, want %v", i, r, got, r.want)
		}
	}
	if !e.Armed() {
		t.Error("an every trigger stays armed")
	}
	e.Disarm()
	if got := feed(e, "a2", "store", "commit"); e.Armed() || got != nil {
		t.Errorf("after Disarm: %v", got)
	}
}

func TestEveryIsBounded(t *testing.T) {
	e := NewEvaluator(planOf(t, "every a1 commit: crash a1"))
	n := 0
	for range 3 * FiringsMax {
		n += len(feed(e, "a1", "x", "commit"))
	}
	if n != FiringsMax || e.Armed() {
		t.Errorf("fired %d times, want %d; armed %v", n, FiringsMax, e.Armed())
	}
}

// TestEveryCounts: after n matching records an every trigger has fired floor(n / count) times, a when trigger once
// from count on, whatever lies between.
func TestEveryCounts(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		count := rapid.IntRange(1, 7).Draw(r, "count")
		when := Trigger{Nodes: "a", Kind: "k", Count: count}
		every := when
		every.Every = true
		e := NewEvaluator(Plan{[]Action{{When: when, Do: Crash}, {When: every, Do: Crash}}})
		fired, n := [2]int{}, 0
		for _, match := range rapid.SliceOfN(rapid.Bool(), 0, 60).Draw(r, "records") {
			node := "b"
			if match {
				node = "a"
				n++
			}
			for _, f := range feed(e, node, "x", "k") {
				if f.Number != fired[f.Action] {
					r.Fatalf("firing %+v after %d of them", f, fired[f.Action])
				}
				fired[f.Action]++
			}
		}
		if fired[0] != min(n/count, 1) || fired[1] != n/count {
			r.Fatalf("%d records by %d: fired %v", n, count, fired)
		}
	})
}

func TestObserveDoesNotAllocate(t *testing.T) {
	e := NewEvaluator(planOf(t, "every {a1,a2*} commit 2 id=7: crash a1\nwhen d1 health: crash a1"))
	field, fire := func(string) string { return "7" }, func(Firing) {}
	allocs := testing.AllocsPerRun(100, func() {
		e.Observe("a1", "x", "commit", field, fire)
		e.Observe("a1", "x", "pick", field, fire)
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkObserveOtherKind(b *testing.B) {
	e := NewEvaluator(planOf(b, "when a1 commit 100: crash a1"))
	field, fire := func(string) string { return "" }, func(Firing) {}
	b.ReportAllocs()
	for b.Loop() {
		e.Observe("a1", "x", "pick", field, fire)
	}
}
