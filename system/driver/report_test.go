package driver

import (
	"context"
	"sync"
	"testing"
	"time"

	"weir/system/node"
)

// counting counts its events without a lock, and is stuck while it is told to be.
type counting struct {
	events uint64
	stuck  chan struct{}
	inside chan struct{}
}

func (c *counting) Receive(e node.Env, ev *node.Event) {
	c.events++
	if ev.Kind == node.TimerFired && c.stuck != nil {
		close(c.inside)
		<-c.stuck
		c.stuck = nil
	}
	if ev.Kind == node.Started {
		e.After(time.Millisecond, 0)
	}
	if ev.Kind == node.Stopping {
		e.Exit()
	}
}

func (c *counting) Samples(s []node.Sample) []node.Sample {
	return append(s, node.Count("events", "", c.events))
}

// value is the sum of the samples of a name and label.
func value(all []node.Sample, name, label string) (v uint64) {
	for _, s := range all {
		if s.Name == name && s.Label == label {
			v += s.Value
			if s.Times != nil {
				v += s.Times.Count()
			}
		}
	}
	return v
}

func within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	context.AfterFunc(ctx, cancel)
	return ctx
}

// Reports are made between events; an actor that is stuck in one stands with its last
// report and is late, the others are not, and what it measured at its end stays.
func TestSamples(t *testing.T) {
	slow := &counting{stuck: make(chan struct{}), inside: make(chan struct{})}
	n, err := Start(Config{Name: "n", Role: "test", Incarnation: 1, Boot: func(b node.Booter) error {
		if err := b.Spawn("root", node.Mailbox{}, &counting{}); err != nil {
			return err
		}
		return b.Spawn("slow", node.Mailbox{}, slow)
	}})
	if err != nil {
		t.Fatal(err)
	}
	<-slow.inside
	waitFor(t, "the root's timer", func() bool {
		all, late := n.Samples(within(20 * time.Millisecond))
		return late == 1 && value(all, "events", "") == 2
	})
	if n.offerTo("slow") != nil {
		t.Fatal("the mailbox of a stuck actor takes nothing")
	}
	if all, _ := n.Samples(within(time.Millisecond)); value(all, "mailbox_items", "slow") != 1 {
		t.Errorf("%d events wait for the stuck actor", value(all, "mailbox_items", "slow"))
	}
	close(slow.stuck)
	waitFor(t, "the slow one's events", func() bool {
		all, late := n.Samples(within(20 * time.Second))
		return late == 0 && value(all, "events", "") == 5 && value(all, "mailbox_items", "slow") == 0
	})
	n.Stop()
	<-n.Done()
	all, late := n.Samples(within(time.Nanosecond))
	if late != 0 || value(all, "events", "") != 6 {
		t.Errorf("after the end: %d events, %d late", value(all, "events", ""), late)
	}
}

// offerTo hands an actor a message from a client.
func (n *Node) offerTo(actor string) error {
	return n.Deliver(Incoming{To: node.Addr{Actor: actor}, Token: 1, Msg: note{1}})
}

// Many may ask at once, while events come and while the node ends.
func TestSamplesConcurrently(t *testing.T) {
	n, err := Start(Config{Name: "n", Role: "test", Incarnation: 1, Boot: func(b node.Booter) error {
		return b.Spawn("root", node.Mailbox{}, &counting{})
	}})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			last := uint64(0)
			for i := range 200 {
				_ = n.offerTo("root") // refused once it has ended
				s, late := n.Samples(within(20 * time.Second))
				if v := value(s, "events", ""); v < last || late > 0 {
					t.Errorf("%d events after %d, %d late", v, last, late)
				} else {
					last = v
				}
				if i == 100 {
					n.Stop()
				}
			}
		})
	}
	all.Wait()
	<-n.Done()
}

// The driver's own measures: disk operations by kind, failures, the log, drops, and what
// waits for other nodes, told apart only by names that the link knows.
func TestOwnSamples(t *testing.T) {
	link, log := &sink{hold: true}, &gate{open: make(chan struct{})}
	close(log.open)
	done := make(chan struct{})
	n, err := Start(Config{Name: "n", Role: "test", Incarnation: 1, Link: link, Log: log, Dir: t.TempDir(), Boot: bootOne(func(e node.Env, ev *node.Event) {
		switch {
		case ev.Kind == node.Started:
			e.Disk().Append("f", []byte("x"), true)
			e.Disk().Rename("none", "there")
			if _, err := e.Send(node.Addr{Node: "x", Actor: "a"}, note{10}); err != nil {
				t.Error(err)
			}
		case ev.Kind == node.DiskDone && ev.Err != nil:
			close(done)
		case ev.Kind == node.Delivered:
			_, _ = e.Reply(ev.ReplyTo, note{5})
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	defer end(t, n)
	<-done
	for _, from := range []string{"stranger1", "stranger2"} {
		if err := n.Deliver(Incoming{From: node.Addr{Node: from, Inc: 1, Actor: "a"}, To: node.Addr{Actor: "a"}, Token: 1, Handle: 1, Msg: note{1}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Deliver(Incoming{From: node.Addr{Node: "x", Inc: 1, Actor: "a"}, To: node.Addr{Actor: "nobody"}, Token: 1, Msg: note{1}}); err == nil {
		t.Fatal("nobody took it")
	}
	waitFor(t, "the answers", func() bool { return link.count() == 3 })
	all, _ := n.Samples(within(20 * time.Second))
	for _, w := range []struct {
		name, label string
		value       uint64
	}{
		{"disk_time", "append", 1}, {"disk_time", "rename", 1}, {"disk_time", "read", 0}, {"disk_errors", "", 1},
		{"drops", "no_actor", 1}, {"drops", "full", 0}, {"log_dropped", "", 0},
		{"peer_items", "x", 1}, {"peer_bytes", "x", 10}, {"peer_items", node.Other, 2}, {"peer_bytes", node.Other, 10},
		{"peer_items", "stranger1", 0},
	} {
		if got := value(all, w.name, w.label); got != w.value {
			t.Errorf("%s %q is %d, want %d", w.name, w.label, got, w.value)
		}
	}
	if value(all, "log_written", "") == 0 {
		t.Error("nothing of the log is written")
	}
}

// A report of a node with one actor.
func BenchmarkSamples(b *testing.B) {
	n, err := Start(Config{Name: "n", Role: "test", Incarnation: 1, Boot: func(b node.Booter) error {
		return b.Spawn("root", node.Mailbox{}, &counting{})
	}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		n.Samples(context.Background())
	}
	n.Kill()
	<-n.Done()
}
