package route

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// sequence returns the entries that a policy picks for a fixed mix of packets.
func sequence(p Policy, v *View, picks int) []int {
	rng := rand.New(rand.NewPCG(7, 7))
	list := make([]int, picks)
	for i := range list {
		index, ok := p.Pick(v, 1+rng.IntN(10), nil, rng.Uint64())
		assert(ok, "no pick")
		list[i] = index
	}
	return list
}

func drawWeights(t *rapid.T, most uint32) []uint32 {
	return rapid.SliceOfN(rapid.Uint32Range(0, most), 1, 8).
		Filter(func(w []uint32) bool { return slices.Max(w) > 0 }).Draw(t, "weights")
}

func viewOf(t *rapid.T, weights []uint32, scale uint32, name string) *View {
	entries := make([]Entry, len(weights))
	for i, w := range weights {
		entries[i] = Entry{ID: fmt.Sprint(name, i), Weight: w * scale}
	}
	v, err := NewView(1, entries)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Scaling all weights, or renaming all analysers in the same order, changes no pick.
func TestScaleAndNamesDoNotMatter(t *testing.T) {
	for _, name := range Policies() {
		rapid.Check(t, func(t *rapid.T) {
			weights := drawWeights(t, 1000)
			scale := rapid.Uint32Range(1, WeightMax/1000).Draw(t, "scale")
			want := sequence(mustNew(name, 10), viewOf(t, weights, 1, "a"), 100)
			if got := sequence(mustNew(name, 10), viewOf(t, weights, scale, "zebra."), 100); !slices.Equal(got, want) {
				t.Fatalf("%s: %v scaled by %d picks %v, not %v", name, weights, scale, got, want)
			}
		})
	}
}

// An analyser of weight 0, or of the lesser status, is never picked.
func TestIneligibleNeverPicked(t *testing.T) {
	for _, name := range Policies() {
		rapid.Check(t, func(t *rapid.T) {
			v := drawView(t, nil)
			if v.Eligible() == 0 {
				if _, ok := mustNew(name, 10).Pick(v, 1, nil, 0); ok {
					t.Fatal("picked from nothing")
				}
				return
			}
			for _, i := range sequence(mustNew(name, 10), v, 60) {
				if !v.Entry(i).Eligible() {
					t.Fatalf("%s picked %+v", name, v.Entry(i))
				}
			}
		})
	}
}

// The credits' sum never changes while somebody stays registered, and the credit
// of an analyser that is away does not either.
func TestCreditsSumToZeroAndFreeze(t *testing.T) {
	for _, name := range Policies() {
		rapid.Check(t, func(t *rapid.T) {
			p, view := mustNew(name, 10), drawView(t, nil)
			for range 20 {
				before := map[string]int64{}
				for _, c := range p.Credits() {
					before[c.ID] = c.Parts
				}
				next := deriveView(t, view, view.number+1, drawView(t, nil).entries)
				_, ok := p.Pick(next, 3, nil, rapid.Uint64().Draw(t, "raw"))
				sum := int64(0)
				for _, c := range p.Credits() {
					sum += c.Parts
					i, _ := next.Index(c.ID)
					if (!ok || !next.Entry(i).Eligible()) && c.Parts != before[c.ID] {
						t.Fatalf("%s: credit of %+v moved from %d to %d", name, next.Entry(i), before[c.ID], c.Parts)
					}
				}
				if sum != 0 {
					t.Fatalf("%s: credits sum to %d", name, sum)
				}
				view = next
			}
		})
	}
}

// A removed analyser's credit goes to those that stay, a new one starts at 0, an
// older version removes nobody.
func TestMembership(t *testing.T) {
	p := mustNew(Deficit, 10)
	must(t, p.SetCredits([]Credit{{"a", -7}, {"b", 3}, {"c", 0}, {"d", 4}}))
	view := func(version uint64, ids ...string) *View {
		entries := []Entry{{ID: "live", Weight: 1}} // share One: its credit stays
		for _, id := range ids {
			entries = append(entries, Entry{ID: id, Weight: 1, Status: Down})
		}
		v, err := NewViewAt(1, version, entries)
		must(t, err)
		return v
	}
	for _, step := range []struct {
		view *View
		want string
	}{
		{view(5, "b", "c", "d"), "b=1,c=-2,d=1,live=0"}, // -7 over 3: -3 each, 2 parts more
		{view(4, "c"), "b=1,c=-2,d=1,live=0"},           // late worker: removes nobody
		{view(4, "a", "c"), "a=0,b=1,c=-2,d=1,live=0"},  // and may add
		{view(5, "d"), "d=1,live=-1"},                   // a 0, b 1 and c -2, each over d and live
		{view(6), "live=0"},
		{view(6, "d"), "d=0,live=0"}, // back again: starts at 0
	} {
		if _, ok := p.Pick(step.view, 1, nil, 0); !ok {
			t.Fatal("no pick")
		}
		if got := string(AppendCredits(nil, p.Credits())); got != step.want {
			t.Fatalf("view %s: credits %s, want %s", Diff(nil, step.view), got, step.want)
		}
	}
}

// A failed pick leaves no trace, not even of its view.
func TestFailedPickChangesNothing(t *testing.T) {
	for _, name := range Policies() {
		p, v := mustNew(name, 10), upView(t, 3, 1)
		sequence(p, v, 5)
		before := p.Credits()
		down, err := v.With(Change{Number: 2, Remove: []string{"a00000"}, Set: []Entry{{ID: "a00001", Status: Down}}})
		must(t, err)
		if _, ok := p.Pick(down, 1, nil, 0); ok {
			t.Errorf("%s: picked from nothing", name)
		}
		if _, ok := p.Pick(v, 1, []string{"a00000", "a00001"}, 0); ok {
			t.Errorf("%s: picked a tried one", name)
		}
		if !slices.Equal(p.Credits(), before) {
			t.Errorf("%s: credits %v, before %v", name, p.Credits(), before)
		}
	}
}

// The tree of finish and its scan decide alike, over many picks with retries in
// between, many analysers, and enough messages that credits are settled.
func TestFinishTreeEqualsScan(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{1, 2, 3, 7, 64, 300} {
		weights := make([]uint32, n)
		for i := range weights {
			weights[i] = uint32(1 + rng.IntN(9))
		}
		v := upView(t, weights...)
		packetMax := SpreadMax / n / 4
		packetMax = min(packetMax, PacketMost)
		tree, scan := mustNew(Finish, packetMax).(*finish), mustNew(Finish, packetMax).(*finish)
		settled := false
		for step := range 4000 {
			size := 1 + rng.IntN(packetMax)
			var tried []string
			if n > 2 && rng.IntN(10) == 0 {
				tried = []string{v.ID(rng.IntN(n)), v.ID(rng.IntN(n))}
			}
			scan.view, scan.built = scan.rebound(v), nil // forces the scan
			pending := tree.pending
			got, _ := tree.Pick(v, size, tried, 0)
			want, _ := scan.Pick(v, size, tried, 0)
			settled = settled || tree.pending < pending
			if got != want {
				t.Fatalf("%d analysers, step %d: tree picks %d, scan %d", n, step, got, want)
			}
		}
		if tree.built != v || !slices.Equal(tree.Credits(), scan.Credits()) {
			t.Errorf("%d analysers: tree built %v, credits differ", n, tree.built == v)
		}
		if n < 64 && !settled {
			t.Errorf("%d analysers: credits never settled", n)
		}
	}
}

// rebound stores the credits and forgets the view, so that the next pick binds anew.
func (f *finish) rebound(*View) *View {
	f.store()
	return nil
}

// Picks allocate nothing in steady state, retries included.
func TestPickAllocatesNothing(t *testing.T) {
	for _, name := range Policies() {
		p, v := mustNew(name, 10), upView(t, 5, 3, 2, 1)
		tried := []string{"a00001"}
		sequence(p, v, 3)
		if n := testing.AllocsPerRun(200, func() { p.Pick(v, 3, nil, 99); p.Pick(v, 3, tried, 99) }); n != 0 {
			t.Errorf("%s: %v allocations for two picks", name, n)
		}
	}
}

// Choosers with a start phase of their own differ, their credits sum to zero and
// are those of that many decisions of one message.
func TestStartPhase(t *testing.T) {
	v := upView(t, 5, 3, 2)
	for _, name := range Policies() {
		differ := map[string]bool{}
		for seed := range uint64(20) {
			p := mustNew(name, 10)
			rng := rand.New(rand.NewPCG(seed, 0))
			decisions := StartPhase(p, v, rng)
			if decisions < 0 || decisions >= 12 {
				t.Fatalf("%d virtual decisions", decisions)
			}
			twin, again := mustNew(name, 10), rand.New(rand.NewPCG(seed, 0))
			again.IntN(12)
			for range decisions {
				raw := uint64(0)
				if p.NeedsDraw() {
					raw = again.Uint64()
				}
				twin.Pick(v, 1, nil, raw)
			}
			if !slices.Equal(p.Credits(), twin.Credits()) {
				t.Fatalf("%s: credits %v, want %v", name, p.Credits(), twin.Credits())
			}
			differ[string(AppendCredits(nil, p.Credits()))] = true
		}
		if len(differ) < 4 {
			t.Errorf("%s: 20 choosers have %d different starts", name, len(differ))
		}
	}
	if StartPhase(mustNew(Deficit, 1), upView(t, 0), nil) != 0 {
		t.Error("a start phase without an eligible analyser")
	}
}

func TestConfig(t *testing.T) {
	err := Config{Policy: "fair", PacketMax: PacketMost + 1}.Validate()
	if err == nil || !strings.Contains(err.Error(), `"fair"`) || !strings.Contains(err.Error(), "1048577") {
		t.Errorf("error %v", err)
	}
	if p, err := New(Config{PacketMax: 5}); err != nil || p.Name() != Deficit {
		t.Errorf("default policy %v, %v", p, err)
	}
	if _, err := New(Config{}); err == nil {
		t.Error("packet_max 0 is accepted")
	}
	for _, name := range Policies() {
		if p := mustNew(name, 1); p.Name() != name || p.NeedsDraw() != (name == Random) {
			t.Errorf("%s is %s, draw %v", name, p.Name(), p.NeedsDraw())
		}
	}
	if Auto(AutoLimit) != Deficit || Auto(AutoLimit+1) != Finish {
		t.Error("auto")
	}
}

func TestCapacity(t *testing.T) {
	for _, c := range []struct {
		packetMax, analysers int
		ok                   bool
	}{{1, 0, true}, {PacketMost, 64, true}, {PacketMost, 65, false}, {4096, AnalysersMax, true},
		{1, AnalysersMax + 1, false}, {0, 1, false}, {1, -1, false}} {
		if err := CheckCapacity(c.packetMax, c.analysers); (err == nil) != c.ok {
			t.Errorf("%d x %d: %v", c.packetMax, c.analysers, err)
		}
	}
	wantPanic(t, "view 1: route: packet_max 1048576 x 100 analysers", func() {
		mustNew(Deficit, PacketMost).Pick(upView(t, make1(100)...), 1, nil, 0)
	})
	wantPanic(t, "packet of 11 messages", func() { mustNew(Finish, 10).Pick(upView(t, 1), 11, nil, 0) })
	wantPanic(t, "packet of 0 messages", func() { mustNew(Finish, 10).Pick(upView(t, 1), 0, nil, 0) })
}

func make1(n int) []uint32 {
	weights := make([]uint32, n)
	for i := range weights {
		weights[i] = 1
	}
	return weights
}

func wantPanic(t *testing.T, text string, f func()) {
	t.Helper()
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, text) {
			t.Errorf("panic %q, want %q", got, text)
		}
	}()
	f()
}

func TestSetCreditsRefuses(t *testing.T) {
	p := mustNew(Finish, 10)
	must(t, p.SetCredits([]Credit{{"b", 2}, {"a", 1}}))
	err := p.SetCredits([]Credit{{"a", 1}, {"a", 2}, {"b", startMost + 1}, {"c", -startMost - 1}})
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("error %v", err)
	}
	if got := string(AppendCredits(nil, p.Credits())); got != "a=1,b=2" {
		t.Errorf("credits after a refused change: %s", got)
	}
}
