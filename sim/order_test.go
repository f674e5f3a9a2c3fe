package sim_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"weir/sim"
)

// The promises of the package comment about order that no other file tests.

// Replies within a node keep their order too, among themselves and with sends.
func TestLocalRepliesAreFIFOByPair(t *testing.T) {
	for seed := range uint64(50) {
		r := newRig(t, sim.Config{Seed: seed})
		var asked []sim.ReplyTo
		r.node(t, sim.NodeConfig{Name: "n"}, func(c *sim.Ctx, ev *sim.Event) {
			switch {
			case ev.Kind == sim.Started && c.Self().Actor == "a":
				ask(c, to(0, "b"), "1")
				ask(c, to(0, "b"), "2")
			case ev.Kind == sim.Delivered && c.Self().Actor == "b":
				if asked = append(asked, ev.ReplyTo); len(asked) == 2 {
					_, err := c.Reply(asked[1], 0, 1, "x")
					must(t, err)
					send(c, to(0, "a"), "y")
					_, err = c.Reply(asked[0], 0, 1, "z")
					must(t, err)
				}
			}
		}, "a", "b")
		r.Run()
		r.expect(t, "0s b delivered 1", "0s b delivered 2", "0s a replied x", "0s a delivered y", "0s a replied z")
	}
}

// A node's cores go to the actor that waited longest.
func TestCoresAreFirstComeFirstServed(t *testing.T) {
	for seed := range uint64(20) {
		r := newRig(t, sim.Config{Seed: seed})
		r.node(t, sim.NodeConfig{Name: "n", Cores: 1, Service: service(10 * ms)}, nil, "a", "b", "c", "d")
		for i, name := range []string{"c", "a", "d", "b"} {
			r.At(time.Duration(i+1)*ms, name, func(w *sim.World) { must(t, w.Inject(to(0, name), 0, 1, i)) })
		}
		r.Run()
		r.expect(t, "11ms c delivered 0", "21ms a delivered 1", "31ms d delivered 2", "41ms b delivered 3")
	}
}

// After a pause the event whose service had begun comes first, in every seed.
func TestPausedServiceComesFirst(t *testing.T) {
	slow := func(_ string, ev *sim.Event) time.Duration {
		if ev.Kind == sim.TimerFired {
			return 10 * ms
		}
		return 0
	}
	for seed := range uint64(20) {
		r := newRig(t, sim.Config{Seed: seed})
		n := r.node(t, sim.NodeConfig{Name: "n", Service: slow}, on(func(c *sim.Ctx) {
			for k := range uint64(4) {
				c.After(time.Duration(k+1)*ms, k)
			}
		}), "a")
		r.At(5*ms, "pause", func(w *sim.World) { must(t, w.Pause(n)) })
		r.At(50*ms, "resume", func(w *sim.World) { must(t, w.Resume(n)) })
		r.Run()
		if len(r.lines) != 4 || r.lines[0] != "50ms a timer 0" {
			t.Fatalf("seed %d: %q", seed, r.lines)
		}
	}
}

// An actor that is spawned during a pause still begins with Started.
func TestStartedComesFirstAfterAPause(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(t, sim.Config{Seed: seed})
		var kinds []string
		n := addNode(t, w, "n", sim.ActorFunc(func(_ *sim.Ctx, ev *sim.Event) { kinds = append(kinds, ev.Kind.String()) }))
		must(t, w.Pause(n))
		for range 3 {
			must(t, w.Inject(to(n, "main"), 0, 1, nil))
		}
		w.RunUntil(ms)
		must(t, w.Resume(n))
		w.Run()
		if want := []string{"started", "delivered", "delivered", "delivered"}; !slices.Equal(kinds, want) {
			t.Fatalf("seed %d: %q", seed, kinds)
		}
	}
}

// Each incarnation has tokens from 1 and random streams of its own; the streams of
// a node's actors, and of equal actors on two nodes, differ.
func TestIncarnationsBeginAnew(t *testing.T) {
	w := newWorld(t, sim.Config{Seed: 1})
	drawn := map[uint64]string{}
	var tokens []sim.Token
	h := sim.ActorFunc(func(c *sim.Ctx, _ *sim.Event) {
		self, x := fmt.Sprint(c.Self()), c.Rand().Uint64()
		if other, twice := drawn[x]; twice {
			t.Errorf("%s and %s draw the same", self, other)
		}
		drawn[x] = self
		tok, err := c.Send(sim.Addr{Node: 1 - c.Self().Node, Actor: "nobody"}, 0, 1, nil)
		must(t, err)
		tokens = append(tokens, tok)
	})
	for _, name := range []string{"n", "m"} {
		_, err := w.AddNode(sim.NodeConfig{Name: name, Boot: func(b *sim.Booter) {
			must(t, b.Spawn("a", sim.ActorOptions{}, h), b.Spawn("b", sim.ActorOptions{}, h))
		}})
		must(t, err)
	}
	for range 2 {
		must(t, w.Restart(0), w.Restart(1))
		w.RunUntil(w.Now())
	}
	slices.Sort(tokens)
	if want := []sim.Token{1, 1, 1, 1, 2, 2, 2, 2}; len(drawn) != 8 || !slices.Equal(tokens, want) {
		t.Errorf("%d draws, tokens %v", len(drawn), tokens)
	}
}
