package sim_test

import (
	"fmt"
	"testing"
	"time"

	"weir/sim"
)

// ticker sets itself a timer of a varying delay whenever one fires; the key
// carries the state of the generator of delays, to measure little but sim.
type ticker struct{}

func (t *ticker) Handle(c *sim.Ctx, ev *sim.Event) {
	x := ev.Key*6364136223846793005 + 1442695040888963407
	c.After(time.Duration(x>>43), x) // 0 to 2.1 ms
}

func newWorld(tb testing.TB, c sim.Config) *sim.World {
	tb.Helper()
	w, err := sim.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// addNode adds and starts a node with one actor.
func addNode(tb testing.TB, w *sim.World, name string, a sim.Actor) sim.NodeID {
	tb.Helper()
	id, err := w.AddNode(sim.NodeConfig{Name: name, Boot: func(b *sim.Booter) {
		if err := b.Spawn("main", sim.ActorOptions{}, a); err != nil {
			tb.Fatal(err)
		}
	}})
	if err != nil {
		tb.Fatal(err)
	}
	if err := w.Start(id); err != nil {
		tb.Fatal(err)
	}
	return id
}

func BenchmarkScheduler(b *testing.B) {
	for _, nodes := range []int{10, 1_000, 10_000} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			w := newWorld(b, sim.Config{Seed: 1})
			for i := range nodes {
				addNode(b, w, fmt.Sprint("n", i), &ticker{})
			}
			w.RunUntil(10 * time.Millisecond)
			measure(b, w)
		})
	}
}

// measure steps the world b.N times and reports events a second.
func measure(b *testing.B, w *sim.World) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	before := w.Events()
	for range b.N {
		if !w.Step() {
			b.Fatal("the world ran out of events")
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(w.Events()-before)/b.Elapsed().Seconds(), "events/s")
}

// pinger answers every message to its sender; one starts.
type pinger struct {
	peer  sim.Addr
	first bool
}

var ball any = &struct{ string }{"ball"}

func (p *pinger) Handle(c *sim.Ctx, ev *sim.Event) {
	switch {
	case ev.Kind == sim.Delivered:
		_, err := c.Send(ev.From, 0, 100, ball)
		if err != nil {
			panic(err)
		}
	case ev.Kind == sim.Started && p.first:
		_, err := c.Send(p.peer, 0, 100, ball)
		if err != nil {
			panic(err)
		}
	}
}

func BenchmarkPingPong(b *testing.B) {
	for _, pairs := range []int{1, 100, 5_000} {
		b.Run(fmt.Sprintf("pairs=%d", pairs), func(b *testing.B) {
			w := newWorld(b, sim.Config{Seed: 1})
			if err := w.SetDefaultLink(sim.LinkConfig{Latency: sim.Exponential(time.Millisecond, 2*time.Millisecond, time.Second)}); err != nil {
				b.Fatal(err)
			}
			for i := range pairs {
				one := addNode(b, w, fmt.Sprint("a", i), &pinger{})
				addNode(b, w, fmt.Sprint("b", i), &pinger{peer: sim.Addr{Node: one, Actor: "main"}, first: true})
			}
			w.RunUntil(100 * time.Millisecond)
			measure(b, w)
		})
	}
}

// asker keeps one request open; the answerer replies.
type asker struct{ peer sim.Addr }

func (p *asker) Handle(c *sim.Ctx, ev *sim.Event) {
	if _, err := c.Request(p.peer, 0, 100, ball); err != nil {
		panic(err)
	}
}

func answerer(c *sim.Ctx, ev *sim.Event) {
	if ev.Kind == sim.Delivered {
		if _, err := c.Reply(ev.ReplyTo, 0, 100, ball); err != nil {
			panic(err)
		}
	}
}

func BenchmarkRequestReply(b *testing.B) {
	w := newWorld(b, sim.Config{Seed: 1})
	for i := range 50 {
		one := addNode(b, w, fmt.Sprint("a", i), sim.ActorFunc(answerer))
		addNode(b, w, fmt.Sprint("b", i), &asker{sim.Addr{Node: one, Actor: "main"}})
	}
	w.RunUntil(100 * time.Millisecond)
	measure(b, w)
}

func BenchmarkLocalPingPong(b *testing.B) {
	w := newWorld(b, sim.Config{Seed: 1})
	id, err := w.AddNode(sim.NodeConfig{Name: "n", Boot: func(bt *sim.Booter) {
		for i := range 4 {
			one, two := fmt.Sprint("a", i), fmt.Sprint("b", i)
			if bt.Spawn(one, sim.ActorOptions{}, &pinger{}) != nil ||
				bt.Spawn(two, sim.ActorOptions{}, &pinger{peer: sim.Addr{Actor: one}, first: true}) != nil {
				b.Fatal("spawn")
			}
		}
	}})
	if err != nil || w.Start(id) != nil {
		b.Fatal(err)
	}
	for range 1000 {
		w.Step()
	}
	measure(b, w)
}
