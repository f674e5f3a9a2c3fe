package sim_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"weir/sim"
)

const ms = time.Millisecond

// must fails the test on an error.
func must(tb interface {
	Helper()
	Fatal(...any)
}, errs ...error) {
	tb.Helper()
	for _, err := range errs {
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// rig is a world whose actors note each event as a line, and then do what the
// test says.
type rig struct {
	*sim.World
	sim.NopObserver
	lines []string
	lost  []string
}

func (r *rig) Lost(m sim.MsgInfo, why sim.Why) {
	r.lost = append(r.lost, fmt.Sprintf("%v %v", m.Msg, why))
}
func (r *rig) Refused(m sim.MsgInfo, err error) {
	r.lost = append(r.lost, fmt.Sprintf("%v %v", m.Msg, err))
}

func newRig(tb testing.TB, c sim.Config) *rig {
	tb.Helper()
	r := &rig{}
	c.Observer = r
	r.World = newWorld(tb, c)
	return r
}

// handler is what an actor of a rig does, after the event was noted.
type handler func(c *sim.Ctx, ev *sim.Event)

// node adds and starts a node with the named actors, which share a handler.
func (r *rig) node(tb testing.TB, c sim.NodeConfig, h handler, actors ...string) sim.NodeID {
	tb.Helper()
	c.Boot = func(b *sim.Booter) {
		for _, a := range actors {
			must(tb, b.Spawn(a, sim.ActorOptions{MailboxItems: 4}, sim.ActorFunc(func(c *sim.Ctx, ev *sim.Event) {
				r.note(c, ev)
				if h != nil {
					h(c, ev)
				}
			})))
		}
	}
	id, err := r.AddNode(c)
	must(tb, err)
	must(tb, r.Start(id))
	return id
}

// note writes one line an event: time, actor, kind and what matters of it.
func (r *rig) note(c *sim.Ctx, ev *sim.Event) {
	s := fmt.Sprintf("%v %s %v", c.WorldNow(), c.Self().Actor, ev.Kind)
	switch ev.Kind {
	case sim.Started:
		return
	case sim.TimerFired:
		s += fmt.Sprint(" ", ev.Key)
	case sim.Delivered, sim.Replied:
		s += fmt.Sprint(" ", ev.Msg)
	case sim.Failed:
		s += fmt.Sprint(" ", ev.Msg, " ", ev.Err)
	case sim.DiskDone:
		s += fmt.Sprintf(" %v %q %v", ev.DiskOp, ev.Data, ev.Err)
	}
	r.lines = append(r.lines, s)
}

// expect compares all lines so far and forgets them.
func (r *rig) expect(tb testing.TB, want ...string) {
	tb.Helper()
	if !slices.Equal(r.lines, want) {
		tb.Errorf("got\n%q\nwant\n%q", r.lines, want)
	}
	r.lines = nil
}

// on starts f when the actor starts.
func on(start func(c *sim.Ctx)) handler {
	return func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Started {
			start(c)
		}
	}
}
