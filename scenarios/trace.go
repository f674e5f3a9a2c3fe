package scenarios

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"weir/sim"
	"weir/system/node"
)

// Trace shows a simulation while it goes on. It changes nothing in the run but, if asked,
// where it ends.
type Trace struct {
	// Record gets each line of each log as it is written, without a copy, with its file's
	// name in a run directory. False ends the run.
	Record func(file string, line []byte) bool
	// Handled gets what an actor is about to handle if no record shows it: timers,
	// messages within a node, most disk operations. False ends the run.
	Handled func(Handled) bool
	// StopAt is the number of the event at which debugStop runs, 0: none. The run ends
	// after that event.
	StopAt uint64
	// Stopped is told, once, that the event StopAt is about to be handled.
	Stopped func(Handled)
}

// Handled is an event that an actor is about to handle.
type Handled struct {
	At    time.Duration // world time
	Event uint64        // its number
	Node  string
	Inc   uint32
	Actor string
	What  string // in words
	// State is the actor itself, Msg the message if it is one. Both are only to be looked
	// at, and only during the call.
	State, Msg any
}

// debugStop is where to set a breakpoint: it runs when the event Trace.StopAt is about to
// be handled. Its caller, Handle, goes on with a.behind.Receive.
//
//go:noinline
func debugStop(a *actor, ev *node.Event) {}

// tracer passes on what a run does.
type tracer struct {
	*Trace
	r     *run
	told  int // bytes of the fault log passed on
	over  bool
	lines uint64 // passed on, of nodes
}

// record passes a node's line on, after the lines of the fault log that came before it.
func (t *tracer) record(file string, line []byte) {
	t.lines++
	t.faults()
	t.pass(file, line)
}

// faults passes on what was added to the fault log.
func (t *tracer) faults() {
	for fresh := t.r.faults.Bytes()[t.told:]; len(fresh) > 0; {
		end := bytes.IndexByte(fresh, '\n') + 1
		assert(end > 0, "the fault log holds whole lines")
		t.told += end
		t.pass("faults.jsonl", fresh[:end])
		fresh = fresh[end:]
	}
}

func (t *tracer) pass(file string, line []byte) {
	late := t.StopAt > 0 && t.r.world.sim.Events() > t.StopAt // the run ends at the next event of an actor
	if !t.over && !late && !t.Record(file, line) {
		t.end()
	}
}

// end ends the run.
func (t *tracer) end() {
	t.over = true
	t.r.world.sim.Halt(StopEnough)
}

// handles is told that an actor is about to handle an event; shown says that a record
// tells of it.
func (t *tracer) handles(a *actor, ev *sim.Event, shown bool) {
	w := t.r.world.sim
	now := w.Events()
	t.faults()
	if t.over || shown && (t.StopAt == 0 || now < t.StopAt) {
		return
	}
	h := Handled{At: w.Now(), Event: now, Node: a.host.name, Inc: a.host.inc, Actor: a.name, What: a.describe(ev), State: a.behind, Msg: ev.Msg}
	if !shown && (t.StopAt == 0 || now <= t.StopAt) && !t.Handled(h) {
		t.end()
		return
	}
	if t.StopAt > 0 && now >= t.StopAt {
		if now == t.StopAt {
			debugStop(a, &a.event)
			t.Stopped(h)
		}
		t.end()
	}
}

// describe says what the event is.
func (a *actor) describe(ev *sim.Event) string {
	from := ""
	if ev.Kind == sim.Delivered || ev.Kind == sim.Replied {
		switch {
		case ev.From.Node == sim.Outside:
			from = " from outside"
		case ev.From.Node == a.host.id:
			from = " from " + ev.From.Actor
		default:
			from = " from " + a.host.w.nameOf(ev.From.Node) + "/" + ev.From.Actor
		}
	}
	switch ev.Kind {
	case sim.Started:
		return "its start"
	case sim.Delivered:
		return "the message " + messageName(a.event.Msg) + from
	case sim.Replied:
		return "the answer " + messageName(a.event.Msg) + from
	case sim.Failed:
		return fmt.Sprintf("the failure of send %d: %v", ev.Token, ev.Err)
	case sim.TimerFired:
		return fmt.Sprintf("timer %d, key %d", ev.Timer, ev.Key)
	case sim.DiskDone:
		text := fmt.Sprintf("the end of disk operation %d: %v %s", ev.Token, ev.DiskOp, ev.File)
		if ev.Err != nil {
			text += fmt.Sprintf(": %v", ev.Err)
		}
		return text
	case sim.Stopping:
		return "the request to stop"
	}
	return ev.Kind.String()
}

// messageName is a message's name in the log; messages within a node share one there, and
// are told apart by their type.
func messageName(m node.Message) string {
	name := m.Name()
	if _, typ, ok := strings.Cut(fmt.Sprintf("%T", m), "."); ok && name == "local" {
		return typ
	}
	return name
}
