package faults

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is d1, e1, e2, a1..a5 in an order that is not ascending, so that a test notices if order leaks through.
func world() Topology {
	var t Topology
	for _, name := range []string{"e2", "d1", "a3", "a1", "a2", "a5", "a4", "e1"} {
		t.Nodes = append(t.Nodes, TopologyNode{Name: name})
	}
	t.Nodes[1].Actors = []string{"ingress", "w1", "w2"}
	return t
}

func ringOf(n int) Topology {
	var t Topology
	for i := range n {
		t.Nodes = append(t.Nodes, TopologyNode{Name: "n" + strconv.Itoa(i)})
	}
	return t
}

func draws(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// action parses the one action of a line.
func action(t testing.TB, line string) Action {
	t.Helper()
	plan, err := Parse(line)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Actions[0]
}

func expand(t testing.TB, line string, topology Topology, seed uint64) []Step {
	t.Helper()
	steps, err := Expand(action(t, line), topology, draws(seed))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return steps
}

// show writes steps as "+2s heal d1 -> a1".
func show(steps []Step) string {
	var lines []string
	for _, s := range steps {
		lines = append(lines, "+"+formatTime(s.After)+" "+s.Act.String())
	}
	return strings.Join(lines, "\n")
}

func TestExpandExactly(t *testing.T) {
	cases := []struct{ line, want string }{
		{"at 1s crash {a2,a1} silent", "+0s crash a1 silent\n+0s crash a2 silent"},
		{"at 1s for 2s crash a1", "+0s crash a1\n+2s restart a1"},
		{"at 1s for 2s pause d1/w2", "+0s pause d1/w2\n+2s resume d1/w2"},
		{"at 1s for 2s slow e* 300%", "+0s slow e1 300%\n+0s slow e2 300%\n+2s normal e1\n+2s normal e2"},
		{"at 1s for 2s cut d1 -> a1 acks", "+0s cut d1 -> a1 acks\n+2s heal d1 -> a1 acks"},
		{"at 1s hold d1 <-> {a1,d1}", "+0s hold d1 -> a1\n+0s hold a1 -> d1"},
		{"at 1s cut {a1,a2} <-> {a1,a2}", "+0s cut a1 -> a2\n+0s cut a2 -> a1"},
		{"at 1s impair d1 -> a1 rate 5kB/s loss 5%", "+0s impair d1 -> a1 loss 5% rate 5kB/s"},
		{"at 1s for 1s isolate {a1,a2} among {a1,d1}", "+0s cut a1 -> d1\n+0s cut a2 -> d1\n+0s cut d1 -> a1\n+0s cut d1 -> a2\n" +
			"+1s heal a1 -> d1\n+1s heal a2 -> d1\n+1s heal d1 -> a1\n+1s heal d1 -> a2"},
		{"at 1s weight d1 a1 7", `+0s configure d1 '{"op":"weight","id":"a1","weight":7}'`},
		{"at 1s for 1s add d1 a4 2", `+0s configure d1 '{"op":"add","id":"a4","weight":2}'` + "\n" + `+1s configure d1 '{"op":"remove","id":"a4"}'`},
		{"at 1s for 1s drain d1 a1", `+0s configure d1 '{"op":"drain","id":"a1"}'` + "\n" + `+1s configure d1 '{"op":"undrain","id":"a1"}'`},
		{"at 1s misconfigure d1 negative a1", `+0s configure d1 '{"op":"weight","id":"a1","weight":-1}'`},
		{"at 1s misconfigure d1 negative a1", `+0s configure d1 '{"op":"weight","id":"a1","weight":-1}'`},
		{"at 1s misconfigure d1 duplicate a1", `+0s configure d1 '{"op":"add","id":"a1","weight":1}'`},
		{"at 1s misconfigure d1 zero a1", `+0s configure d1 '{"op":"weight","id":"a1","weight":0}'`},
		{"at 1s misconfigure d1 stale a1", `+0s configure d1 '{"op":"weight","id":"a1","weight":1,"if_version":0}'`},
		{"at 1s misconfigure d1 nan a1", `+0s configure d1 '{"op":"weight","id":"a1","weight":NaN}'`},
		{"at 1s misconfigure d1 duplicate a1", `+0s configure d1 '{"op":"add","id":"a1","weight":1}'`},
		{"at 1s misconfigure d1 zero a1", `+0s configure d1 '{"op":"weight","id":"a1","weight":0}'`},
		{"at 1s heal all", "+0s heal all"},
	}
	for _, c := range cases {
		if got := show(expand(t, c.line, world(), 1)); got != c.want {
			t.Errorf("%s\n got:\n%s\nwant:\n%s", c.line, got, c.want)
		}
	}
}

func TestExpandErrors(t *testing.T) {
	for line, want := range map[string]string{
		"at 1s crash z*":                         "no node z*",
		"at 1s cut a1 -> {a1,z}":                 "covers no link",
		"at 1s isolate *":                        "8 nodes to cut from 0 others",
		"at 1s bridge a*":                        "5 nodes, exactly 1",
		"at 1s bridge a1 among {a1,a2}":          "1 other nodes, at least 2",
		"at 1s halves among a1":                  "1 nodes, at least 2",
		"at 1s majorities_ring among {a1,a2,a3}": "3 nodes, at least 4",
	} {
		_, err := Expand(action(t, line), world(), draws(1))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
	if _, err := Expand(action(t, "at 1s cut * -> *"), ringOf(400), nil); err == nil {
		t.Error("160,000 links are over the limit and were expanded")
	}
}

// reach says which nodes each node still exchanges messages with, itself included, after the cuts.
func reach(t testing.TB, topology Topology, steps []Step) map[string][]string {
	cut := map[link]bool{}
	for _, s := range steps {
		if s.Act.Do != Cut || s.Act.From == s.Act.To || cut[link{s.Act.From, s.Act.To}] {
			t.Fatalf("unexpected step %v", s)
		}
		cut[link{s.Act.From, s.Act.To}] = true
	}
	sees := map[string][]string{}
	for _, a := range topology.all() {
		for _, b := range topology.all() {
			if !cut[link{a, b}] && !cut[link{b, a}] {
				sees[a] = append(sees[a], b)
			}
		}
	}
	return sees
}

func TestMajoritiesRing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(4, 12).Draw(r, "n")
		topology := ringOf(n)
		sees := reach(t, topology, expand(t, "at 1s majorities_ring", topology, rapid.Uint64().Draw(r, "seed")))
		seen := map[string]bool{}
		for _, name := range topology.all() {
			set := strings.Join(sees[name], " ")
			if len(sees[name]) < n/2+1 || len(sees[name]) == n || seen[set] {
				r.Fatalf("n=%d: %s sees %s", n, name, set)
			}
			seen[set] = true
		}
		if n == 5 && len(sees["n0"]) != 3 {
			r.Fatalf("the ring of five is perfect with 3 each, not %v", sees["n0"])
		}
	})
}

func TestHalvesAndBridge(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n, seed := rapid.IntRange(3, 12).Draw(r, "n"), rapid.Uint64().Draw(r, "seed")
		topology := ringOf(n)
		sees := reach(t, topology, expand(t, "at 1s halves", topology, seed))
		for _, a := range topology.all() {
			if k := len(sees[a]); k != n/2 && k != n-n/2 {
				r.Fatalf("halves of %d: %s sees %d", n, a, k)
			}
			for _, b := range sees[a] {
				if !slices.Equal(sees[a], sees[b]) {
					r.Fatalf("%s and %s are in one half and see %v, %v", a, b, sees[a], sees[b])
				}
			}
		}
		sees = reach(t, topology, expand(t, "at 1s bridge n1", topology, seed))
		if len(sees["n1"]) != n {
			r.Fatalf("the bridge sees %v", sees["n1"])
		}
		for _, a := range topology.all() {
			if k := len(sees[a]); a != "n1" && k != (n-1)/2+1 && k != n-1-(n-1)/2+1 {
				r.Fatalf("bridge of %d: %s sees %v", n, a, sees[a])
			}
		}
	})
}

func TestOneWayAndSwizzle(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		seed := rapid.Uint64().Draw(r, "seed")
		steps := expand(t, "at 1s one_way d1 <-> a*", world(), seed)
		seen := map[link]bool{}
		for _, s := range steps {
			l := link{s.Act.From, s.Act.To}
			if seen[l] || seen[link{l.to, l.from}] || l.from != "d1" && l.to != "d1" {
				r.Fatalf("one_way:\n%s", show(steps))
			}
			seen[l] = true
		}
		if len(steps) < 1 || len(steps) > 5 {
			r.Fatalf("one_way took %d links", len(steps))
		}
		checkSwizzle(r, expand(t, "at 1s for 5s swizzle d1 <-> a* over 3s", world(), seed))
		for _, s := range expand(t, "at 1s swizzle d1 <-> a* over 3s", world(), seed) {
			if s.Act.Do != Hold {
				r.Fatalf("a swizzle without for released: %v", s)
			}
		}
	})
}

func checkSwizzle(r *rapid.T, steps []Step) {
	held, last := map[link]bool{}, time.Duration(0)
	for _, s := range steps {
		l := link{s.Act.From, s.Act.To}
		ok := s.Act.Do == Hold && !held[l] && s.After < 3*time.Second ||
			s.Act.Do == Release && held[l] && s.After >= 3*time.Second && s.After < 5*time.Second
		if !ok || s.After < last {
			r.Fatalf("swizzle: step %v in\n%s", s, show(steps))
		}
		held[l], last = s.Act.Do == Hold, s.After
	}
	for l, still := range held {
		if still || len(held)%2 != 0 {
			r.Fatalf("swizzle: %v is still held, %d links", l, len(held))
		}
	}
	if len(steps) < 4 {
		r.Fatalf("swizzle of %d steps", len(steps))
	}
}

// TestSeededShapesVary: the same stream gives the same steps, other streams give others.
func TestSeededShapesVary(t *testing.T) {
	for _, line := range []string{
		"at 1s halves", "at 1s bridge d1", "at 1s majorities_ring", "at 1s one_way * <-> *",
		"at 1s swizzle * <-> * over 1s", "at 1s misconfigure d1 garbage",
	} {
		distinct := map[string]bool{}
		for seed := range uint64(20) {
			a, b := show(expand(t, line, world(), seed)), show(expand(t, line, world(), seed))
			if a != b {
				t.Errorf("%s: two expansions of one stream differ", line)
			}
			distinct[a] = true
		}
		if len(distinct) < 10 {
			t.Errorf("%s: 20 streams gave only %d expansions", line, len(distinct))
		}
	}
}

// TestExpandIgnoresNodeOrder: the order in which the world lists its nodes moves nothing.
func TestExpandIgnoresNodeOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		topology := world()
		line := rapid.SampledFrom([]string{"at 1s halves", "at 1s cut * -> *", "at 1s for 2s swizzle * <-> a* over 1s", "at 1s one_way * <-> *"}).Draw(r, "line")
		want := show(expand(t, line, topology, 3))
		topology.Nodes = rapid.Permutation(topology.Nodes).Draw(r, "nodes")
		if got := show(expand(t, line, topology, 3)); got != want {
			r.Fatalf("%s:\n%s\nand\n%s", line, want, got)
		}
	})
}

func TestStreamNameIsStable(t *testing.T) {
	plan := func(text string) Plan {
		p, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	full := plan("at 1s crash a1\nat 2s halves\nat 2s halves\nat 3s halves")
	shrunk := plan("at 2s halves\nat 3s halves")
	if full.StreamName(1, 0) != shrunk.StreamName(0, 0) || full.StreamName(3, 0) != shrunk.StreamName(1, 0) {
		t.Error("removing actions moved another action's stream")
	}
	names := map[string]bool{}
	for i := range full.Actions {
		names[full.StreamName(i, 0)], names[full.StreamName(i, 1)] = true, true
	}
	if len(names) != 8 {
		t.Errorf("8 firings share streams: %v", names)
	}
}
