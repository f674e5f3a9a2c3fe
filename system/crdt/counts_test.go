package crdt

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// life is a replica that may die and begin again, with what it counted in all its lives.
type life struct {
	counts *Counts
	own    map[string]int64 // in this life
}

func newLife(name string, inc uint32) *life {
	return &life{counts: must(NewCounts(Site{name, inc})), own: map[string]int64{}}
}

func (l *life) values(ids []string) (out []Count) {
	for _, id := range ids {
		out = append(out, Count{id, l.own[id]})
	}
	return out
}

// drawLives lets three replicas count, tell, die, begin anew and fold, and returns all
// parts that were told, with what each of the analysers was counted. Before a replica
// dies it tells the next one what it counted, which it then needs to fold.
func drawLives(t *rapid.T, forget bool) (lives []*life, parts []CountPart, want map[string]int64) {
	for i := range 3 {
		lives = append(lives, newLife(fmt.Sprintf("d%d", i), 1))
	}
	want = map[string]int64{}
	ids := slices.Clone(modelIDs)
	slices.Sort(ids)
	for range rapid.IntRange(1, 40).Draw(t, "steps") {
		k := rapid.IntRange(0, 2).Draw(t, "at")
		l := lives[k]
		switch rapid.IntRange(0, 9).Draw(t, "what") {
		case 0:
			next := lives[(k+1)%3]
			must(next.counts.Merge(l.counts.All()))
			lives[k] = newLife(l.counts.self.Replica, l.counts.self.Inc+1)
			must(lives[k].counts.Set(lives[k].values(ids)))
			must(lives[k].counts.Merge(next.counts.All()))
		case 1:
			l.counts.Fold()
		case 2, 3, 4:
			if len(parts) > 0 {
				p := rapid.SampledFrom(parts).Draw(t, "part")
				if _, err := l.counts.Merge(must(DecodeCounts(must(p.Encode())))); err != nil && !errors.Is(err, ErrSuperseded) {
					t.Fatal(err)
				}
			}
		default:
			id, n := rapid.SampledFrom(ids).Draw(t, "id"), rapid.Int64Range(-5, 100).Draw(t, "n")
			l.own[id] += n
			want[id] += n
			told := ids
			if forget && rapid.Bool().Draw(t, "forget") {
				told = ids[1:]
			}
			must(l.counts.Set(l.values(told)))
		}
		parts = append(parts, lives[k].counts.All())
	}
	return lives, parts, want
}

// TestCounts: whatever order, duplicates and restarts there were, once all have heard of
// all and folded, all have the sum of what was counted, and one account a replica.
func TestCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lives, _, want := drawLives(t, false)
		for range 3 {
			for _, l := range lives {
				for _, m := range lives {
					must(l.counts.Merge(must(DecodeCounts(must(m.counts.All().Encode())))))
				}
				l.counts.Fold()
			}
		}
		for _, l := range lives {
			for id, n := range want {
				if got := l.counts.Value(id); got != n {
					t.Fatalf("%s: %s is %d, counted %d", l.counts.self.Replica, id, got, n)
				}
			}
			if n := len(l.counts.accounts); n > 3 {
				t.Fatalf("%d accounts of 3 replicas", n)
			}
		}
	})
}

// TestCountsLaws: the join is idempotent, commutative, associative and inflationary,
// also where incarnations are folded and analysers forgotten.
func TestCountsLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, parts, _ := drawLives(t, true)
		draw := func(name string) []account { return rapid.SampledFrom(parts).Draw(t, name).accounts }
		a, b, c := draw("a"), draw("b"), draw("c")
		same := func(what string, x, y []account) {
			if !slices.EqualFunc(x, y, account.equal) {
				t.Fatalf("%s:\n%v\n%v", what, x, y)
			}
		}
		ab := joinAccounts(a, b)
		same("commutative", ab, joinAccounts(b, a))
		same("associative", joinAccounts(ab, c), joinAccounts(a, joinAccounts(b, c)))
		same("idempotent", joinAccounts(a, a), a)
		same("inflationary", joinAccounts(ab, a), ab)
	})
}

// TestCountsLivesAreBounded: who restarts without end, and never folds, keeps its latest lives only.
func TestCountsLivesAreBounded(t *testing.T) {
	c := must(NewCounts(Site{"me", 1}))
	var all []CountPart
	for inc := range uint32(3 * LivesMax) {
		d := must(NewCounts(Site{"d", inc + 1}))
		must(d.Set([]Count{{"a", 1}}))
		all = append(all, d.All())
		must(c.Merge(d.All()))
	}
	if n := len(c.accounts); n != LivesMax || c.accounts[0].Inc != 2*LivesMax+1 {
		t.Fatalf("%d accounts from incarnation %d", n, c.accounts[0].Inc)
	}
	for _, p := range all {
		if must(c.Merge(p)) {
			t.Fatal("what was dropped came back")
		}
	}
}

// TestCountsForget: a new generation has the same values, and older parts do not bring
// back what was forgotten.
func TestCountsForget(t *testing.T) {
	c, d := must(NewCounts(Site{"c", 1})), must(NewCounts(Site{"d", 1}))
	must(c.Set([]Count{{"a", 5}, {"b", 7}}))
	old := c.All()
	must(c.Set([]Count{{"b", -2}}))
	must(d.Merge(c.All()))
	must(d.Merge(old))
	if got := d.Sums(); !reflect.DeepEqual(got, []Count{{"b", -2}}) {
		t.Errorf("%v", got)
	}
	if changed := must(c.Set([]Count{{"b", -2}})); changed {
		t.Error("the same values are a change")
	}
}

func TestCountsLimits(t *testing.T) {
	c := must(NewCounts(Site{"d", 2}))
	must(c.Set([]Count{{"a", CountMax}}))
	for _, bad := range [][]Count{{{"a", CountMax + 1}}, {{"a b", 1}}, {{"b", 1}, {"a", 1}}} {
		if _, err := c.Set(bad); !errors.Is(err, ErrLimit) && !errors.Is(err, ErrInvalid) || c.Value("a") != CountMax {
			t.Errorf("%v: %v, value %d", bad, err, c.Value("a"))
		}
	}
	twin := must(NewCounts(Site{"d", 2}))
	if _, err := twin.Merge(c.All()); !errors.Is(err, ErrForged) || twin.Value("a") != 0 {
		t.Errorf("counts in its own name that it did not make: %v", err)
	}
	late := must(NewCounts(Site{"d", 1}))
	if _, err := late.Merge(c.All()); !errors.Is(err, ErrSuperseded) {
		t.Errorf("counts of a later incarnation: %v", err)
	}
	far := CountPart{[]account{{Site: Site{"e", 1}, at: AheadMax + 1}}}
	if _, err := c.Merge(far); !errors.Is(err, ErrAhead) {
		t.Errorf("a change far ahead: %v", err)
	}
	many := CountPart{}
	for i := range SumMax/CountMax + 1 {
		many.accounts = append(many.accounts, account{Site: Site{fmt.Sprintf("e%02d", i), 1}, at: 1, tallies: []tally{{"a", 0, CountMax}}})
	}
	if _, err := c.Merge(many); !errors.Is(err, ErrLimit) || c.Value("a") != CountMax {
		t.Errorf("sums beyond the limit: %v", err)
	}
}

// TestCountsLargeNumbers: numbers that grow without end begin a new generation in time.
func TestCountsLargeNumbers(t *testing.T) {
	c, d := must(NewCounts(Site{"c", 1})), must(NewCounts(Site{"d", 1}))
	for i := range 200 {
		v := int64(CountMax)
		if i%2 == 1 {
			v = -v
		}
		must(c.Set([]Count{{"a", v}}))
		must(d.Merge(must(DecodeCounts(must(c.All().Encode())))))
		if d.Value("a") != v {
			t.Fatalf("change %d: %d, counted %d", i, d.Value("a"), v)
		}
	}
}

// FuzzDecodeCounts: what is accepted has one form and merges once.
func FuzzDecodeCounts(f *testing.F) {
	c, d := must(NewCounts(Site{"d1", 1})), must(NewCounts(Site{"d2", 7}))
	f.Add(must(c.All().Encode()))
	must(c.Set([]Count{{"a", 5}}))
	f.Add(must(c.All().Encode()))
	must(d.Merge(c.All()))
	must(d.Set([]Count{{"a", -3}, {"b", CountMax}}))
	must(d.Set([]Count{{"b", math.MinInt32}}))
	all := must(d.All().Encode())
	f.Add(all)
	f.Add(all[:len(all)-1])
	f.Add(append(bytes.Clone(all), 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := DecodeCounts(data)
		if err != nil {
			return
		}
		if !bytes.Equal(must(p.Encode()), data) {
			t.Fatal("not the canonical form")
		}
		x := &Counts{}
		if news, err := x.Merge(p); err == nil && (news != (len(p.accounts) > 0) || must(x.Merge(p))) {
			t.Fatalf("news %v of %d accounts, or news twice", news, len(p.accounts))
		}
	})
}

// TestDecodeCountsRefuses: prefixes and longer forms are refused.
func TestDecodeCountsRefuses(t *testing.T) {
	c := must(NewCounts(Site{"d1", 1}))
	must(c.Set([]Count{{"a", 500}, {"b", -500}}))
	data := must(c.All().Encode())
	for n := range data {
		if _, err := DecodeCounts(data[:n]); !errors.Is(err, ErrInvalid) {
			t.Fatalf("%d of %d bytes: %v", n, len(data), err)
		}
	}
	if _, err := DecodeCounts(append(data, 0)); !errors.Is(err, ErrInvalid) {
		t.Fatalf("a byte more: %v", err)
	}
}
