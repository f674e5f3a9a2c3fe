package route

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A tree is not used again when its view returns after another view: in between
// the credits moved. Several workers' views take turns like this at a router.
func TestFinishViewsTakeTurns(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	all := upView(t, 4, 3, 2, 1)
	some, err := all.With(Change{Number: 2, Set: []Entry{{ID: "a00001", Weight: 3, Status: Full}}})
	must(t, err)
	p, m := mustNew(Finish, 10), newModel(Finish, 10)
	for step := range 400 {
		v, size := all, 1+rng.IntN(10)
		if step/5%2 == 1 {
			v = some
		}
		index, _ := p.Pick(v, size, nil, 0)
		if want := m.pick(v.entries, 0, int64(size), nil, 0); v.ID(index) != want {
			t.Fatalf("step %d: picked %s, model %s", step, v.ID(index), want)
		}
	}
}

// Random splits the raw draws exactly at the cumulative shares.
func TestRandomSplitsExactly(t *testing.T) {
	v := upView(t, 1, 2, 1) // shares 2^30, 2^31, 2^30
	for _, c := range []struct {
		raw   uint64
		tried []string
		want  int
	}{
		{0, nil, 0}, {1<<62 - 1, nil, 0}, {1 << 62, nil, 1}, {3<<62 - 1, nil, 1}, {3 << 62, nil, 2}, {1<<64 - 1, nil, 2},
		{0, []string{"a00000"}, 1}, {1<<64 - 1, []string{"a00002"}, 1}, {0, []string{"a00001"}, 0},
		{1<<63 - 1, []string{"a00001"}, 0}, {1 << 63, []string{"a00001"}, 2},
	} {
		if got, ok := mustNew(Random, 1).Pick(v, 1, c.tried, c.raw); !ok || got != c.want {
			t.Errorf("raw %#x without %v: picked %d, want %d", c.raw, c.tried, got, c.want)
		}
	}
}

// An analyser that was away gets its share when it returns and no burst.
func TestNoBurstOnReturn(t *testing.T) {
	for _, name := range []string{Deficit, Finish, Eligible} {
		p, up := mustNew(name, 10), upView(t, 1, 1, 1)
		away, err := up.With(Change{Number: 2, Set: []Entry{{ID: "a00000", Weight: 1, Status: Down}}})
		must(t, err)
		sequence(p, up, 50)
		sequence(p, away, 10_000)
		rng, got, total := rand.New(rand.NewPCG(9, 9)), 0, 0
		for range 60 {
			size := 1 + rng.IntN(10)
			index, _ := p.Pick(up, size, nil, 0)
			total += size
			if index == 0 {
				got += size
			}
			if burst := got - total/3; burst > 3*10 {
				t.Fatalf("%s: %d messages above its share after %d", name, burst, total)
			}
		}
	}
}

// Repeated and unknown ids among the tried ones do no harm.
func TestTriedRepeats(t *testing.T) {
	v := upView(t, 3, 2, 1)
	for _, name := range Policies() {
		p := mustNew(name, 10)
		index, ok := p.Pick(v, 1, []string{"a00000", "a00000", "a00000", "who", "a00001"}, 0)
		if !ok || index != 2 {
			t.Errorf("%s: picked %d, %v", name, index, ok)
		}
		// The marks of that retry must not linger.
		if picked := sequence(p, v, 200); !slices.Contains(picked, 0) || !slices.Contains(picked, 1) {
			t.Errorf("%s: tried analysers are shunned for ever", name)
		}
	}
}
