package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/system/node"
	"weir/system/record"
)

// The promises of the seam (package node), one body for every world. An arm gives
// the body nodes that it can boot and stop; what an actor sees must not depend on it.

// arm is a world under test.
type arm interface {
	// boot starts the next incarnation of a node.
	boot(name string, boot node.Boot)
	// stop asks the node to stop in order.
	stop(name string)
	// settle lets the world go on until done says so, and fails the test if it never does.
	settle(what string, done func() bool)
	// logs ends the world and returns the event log of every incarnation by NODE.INC.
	logs() map[string]string
}

// note is a message of the tests.
type note struct {
	text string
	size int // beside the text
}

func (m *note) Name() string                         { return "probe" } // a name that the log knows
func (m *note) Class() node.Class                    { return node.ClassProbe }
func (m *note) Size() int                            { return 16 + len(m.text) + m.size }
func (m *note) Describe(ln *record.Line)             { ln.Uint("pn", uint64(len(m.text))) }
func textOf(ev *node.Event) string                   { return ev.Msg.(*note).text }
func says(format string, a ...any) *note             { return &note{text: fmt.Sprintf(format, a...)} }
func heavy(bytes int, text string) *note             { return &note{text: text, size: bytes} }
func at(name, actor string) node.Addr                { return node.Addr{Node: name, Actor: actor} }
func (s *script) Receive(e node.Env, ev *node.Event) { s.on(e, ev) }

// script is an actor made of one function.
type script struct {
	on func(node.Env, *node.Event)
}

// bootOne boots one actor, the root, named a.
func bootOne(on func(node.Env, *node.Event)) node.Boot {
	return func(b node.Booter) error { return b.Spawn("a", node.Mailbox{}, &script{on}) }
}

// diary collects what actors saw; actors of the real world run at once.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) add(format string, a ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, a...))
}

func (d *diary) has(n int) func() bool {
	return func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.lines) >= n
	}
}

func (d *diary) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

// expect compares the diary, in any order if sorted.
func (d *diary) expect(t *testing.T, sorted bool, want ...string) {
	t.Helper()
	got := d.all()
	if sorted {
		slices.Sort(got)
		slices.Sort(want)
	}
	if !slices.Equal(got, want) {
		t.Errorf("actors saw\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// promises are the tests of the body.
var promises = []struct {
	name string
	body func(*testing.T, arm)
}{
	{"started comes first and stopping goes to the root", promiseLife},
	{"a request is answered by any actor of the node", promiseRequest},
	{"a send awaits no answer", promiseSend},
	{"a full mailbox is told, and takes what was reserved", promiseFull},
	{"a forgotten request does not fail", promiseForget},
	{"unknown addresses and large messages are refused at once", promiseRefuse},
	{"timers fire in order, carry their key and can be cancelled", promiseTimers},
	{"actors are spawned and stopped, names are used once", promiseActors},
	{"the disk keeps what it was asked to", promiseDisk},
	{"another incarnation gets nothing", promiseIncarnation},
	{"clocks and random streams", promiseClock},
	{"evidence", promiseEvidence},
}

func promiseLife(t *testing.T, w arm) {
	var d diary
	w.boot("n1", func(b node.Booter) error {
		d.add("boot %s %d", b.Name(), b.Incarnation())
		for _, name := range []string{"root", "other"} {
			err := b.Spawn(name, node.Mailbox{}, &script{func(e node.Env, ev *node.Event) {
				d.add("%s %s %d", e.Self().Actor, map[node.Kind]string{node.Started: "started", node.Stopping: "stopping"}[ev.Kind], e.Self().Inc)
				if ev.Kind == node.Stopping {
					e.Exit()
				}
			}})
			if err != nil {
				return err
			}
		}
		return nil
	})
	w.settle("both started", d.has(3))
	w.stop("n1")
	w.settle("stopping", d.has(4))
	d.expect(t, true, "boot n1 1", "root started 1", "other started 1", "root stopping 1")
	if last := d.all()[3]; last != "root stopping 1" {
		t.Errorf("the last event is %q", last)
	}
}

func promiseRequest(t *testing.T, w arm) {
	var d diary
	w.boot("n2", func(b node.Booter) error {
		err := b.Spawn("door", node.Mailbox{}, &script{func(e node.Env, ev *node.Event) {
			if ev.Kind == node.Delivered { // hands the request to its colleague
				to := e.Self()
				to.Actor = "clerk"
				if _, err := e.Send(to, &passed{*ev.Msg.(*note), ev.ReplyTo}); err != nil {
					d.add("send: %v", err)
				}
			}
		}})
		if err != nil {
			return err
		}
		return b.Spawn("clerk", node.Mailbox{}, &script{func(e node.Env, ev *node.Event) {
			if m, ok := ev.Msg.(*passed); ok {
				if _, err := e.Reply(m.re, says("re %s", m.text)); err != nil {
					d.add("reply: %v", err)
				}
			}
		}})
	})
	w.boot("n1", bootOne(func(e node.Env, ev *node.Event) {
		switch ev.Kind {
		case node.Started:
			for i := range 3 {
				tok, err := e.Request(at("n2", "door"), says("q%d", i))
				if err != nil || tok == 0 {
					d.add("request: %v", err)
				}
			}
		case node.Replied:
			d.add("%s from %s/%s", textOf(ev), ev.From.Node, ev.From.Actor)
		}
	}))
	w.settle("three answers", d.has(3))
	d.expect(t, true, "re q0 from n2/clerk", "re q1 from n2/clerk", "re q2 from n2/clerk")
}

// passed carries a request to another actor of the node.
type passed struct {
	note
	re node.ReplyTo
}

func promiseSend(t *testing.T, w arm) {
	var d diary
	w.boot("n2", bootOne(func(e node.Env, ev *node.Event) {
		if ev.Kind == node.Delivered {
			d.add("%s from %s/%d/%s, token %v, awaited %v", textOf(ev), ev.From.Node, ev.From.Inc, ev.From.Actor, ev.Token > 0, ev.ReplyTo != (node.ReplyTo{}))
		}
	}))
	w.boot("n1", bootOne(func(e node.Env, ev *node.Event) {
		if ev.Kind != node.Started {
			d.add("n1 got kind %d", ev.Kind)
			return
		}
		first, err1 := e.Send(at("n2", "a"), says("one"))
		second, err2 := e.Request(at("n2", "a"), says("two"))
		if err := errors.Join(err1, err2); err != nil || first == 0 || first == second {
			d.add("tokens %d, %d: %v", first, second, err)
		}
	}))
	w.settle("two messages", d.has(2))
	d.expect(t, true, "one from n1/1/a, token true, awaited false", "two from n1/1/a, token true, awaited true")
}

// A mailbox of two, written to from within one event: the third is refused; timers,
// answers and disk completions come all the same.
func promiseFull(t *testing.T, w arm) {
	var d diary
	w.boot("n1", func(b node.Booter) error {
		err := b.Spawn("a", node.Mailbox{}, &script{func(e node.Env, ev *node.Event) {
			to := e.Self()
			to.Actor = "small"
			switch ev.Kind {
			case node.Delivered: // small asks: answer, then fill it up
				_, err := e.Reply(ev.ReplyTo, says("answer"))
				for range 3 {
					_, ferr := e.Send(to, says("fill"))
					d.add("fill: %v", ferr)
				}
				_, lerr := e.Send(to, heavy(1<<20, "too much"))
				d.add("large: %v, %v", err, lerr)
			}
		}})
		if err != nil {
			return err
		}
		return b.Spawn("small", node.Mailbox{Items: 2, Bytes: 1 << 10}, &script{func(e node.Env, ev *node.Event) {
			to := e.Self()
			to.Actor = "a"
			switch ev.Kind {
			case node.Started:
				e.After(0, 7)
				e.Disk().Read("nothing")
				if _, err := e.Request(to, says("ask")); err != nil {
					d.add("request: %v", err)
				}
			case node.Delivered, node.Replied:
				d.add("small got %s", textOf(ev))
			case node.TimerFired:
				d.add("small's timer %d", ev.Key)
			case node.DiskDone:
				d.add("small's disk %v %d", ev.Err, len(ev.Data))
			}
		}})
	})
	w.settle("all of it", d.has(9))
	d.expect(t, true, "fill: <nil>", "fill: <nil>", "fill: queue full", "large: <nil>, message too large",
		"small got answer", "small got fill", "small got fill", "small's disk <nil> 0", "small's timer 7")
}

func promiseForget(t *testing.T, w arm) {
	var d diary
	w.boot("n2", bootOne(func(e node.Env, ev *node.Event) {
		if ev.Kind == node.Delivered && textOf(ev) == "wait" {
			return // never answered
		}
		if ev.Kind == node.Delivered {
			e.Reply(ev.ReplyTo, says("late"))
		}
	}))
	w.boot("n1", bootOne(func(e node.Env, ev *node.Event) {
		switch ev.Kind {
		case node.Started:
			tok, err := e.Request(at("n2", "a"), says("wait"))
			e.Forget(tok)
			tok2, err2 := e.Request(at("n2", "a"), says("answer me"))
			e.Forget(tok2)
			e.Forget(tok2) // again: nothing
			d.add("asked %v", errors.Join(err, err2))
			e.After(500*time.Millisecond, 1)
		case node.Replied:
			d.add("answer %s", textOf(ev)) // the mailbox has room
		case node.Failed:
			d.add("failed %v", ev.Err)
		case node.TimerFired:
			d.add("over")
		}
	}))
	w.settle("over", d.has(3))
	d.expect(t, false, "asked <nil>", "answer late", "over")
}

func promiseRefuse(t *testing.T, w arm) {
	var d diary
	w.boot("n1", bootOne(func(e node.Env, ev *node.Event) {
		if ev.Kind != node.Started {
			return
		}
		self := e.Self()
		self.Actor = "nobody"
		_, local := e.Send(self, says("x"))
		_, far := e.Request(at("nowhere", "a"), says("x"))
		d.add("local %v", errors.Is(local, node.ErrRefused) || errors.Is(local, node.ErrUnknown))
		d.add("far %v", far)
		_, none := e.Reply(node.ReplyTo{}, says("x"))
		d.add("no request %v", none)
	}))
	w.settle("all refused", d.has(3))
	d.expect(t, false, "local true", "far unknown address", "no request <nil>")
}

func promiseTimers(t *testing.T, w arm) {
	var d diary
	w.boot("n1", bootOne(func(e node.Env, ev *node.Event) {
		switch ev.Kind {
		case node.Started:
			e.After(300*time.Millisecond, 3)
			e.After(100*time.Millisecond, 1)
			gone := e.After(150*time.Millisecond, 99)
			e.After(200*time.Millisecond, 2)
			e.Cancel(gone)
			e.Cancel(gone)
			e.Cancel(0)
			e.After(-time.Second, 0)
			d.add("asked")
		case node.TimerFired:
			early := e.Now() < time.Duration(ev.Key)*100*time.Millisecond
			d.add("timer %d of %v early %v", ev.Key, ev.Timer != 0, early)
		}
	}))
	w.settle("four timers", d.has(5))
	d.expect(t, false, "asked", "timer 0 of true early false", "timer 1 of true early false", "timer 2 of true early false", "timer 3 of true early false")
}

func promiseActors(t *testing.T, w arm) {
	var d diary
	w.boot("n1", bootOne(func(e node.Env, ev *node.Event) {
		child := e.Self()
		child.Actor = "child"
		switch ev.Kind {
		case node.Started:
			err := e.Spawn("child", node.Mailbox{}, &script{func(e node.Env, ev *node.Event) {
				if ev.Kind == node.Started {
					d.add("child started")
					to := e.Self()
					to.Actor = "a"
					e.Send(to, says("here"))
				}
			}})
			d.add("spawn %v, again %v, bad %v", err, errors.Is(e.Spawn("child", node.Mailbox{}, &script{}), node.ErrNameUsed),
				errors.Is(e.Spawn("not valid", node.Mailbox{}, &script{}), node.ErrBadName))
		case node.Delivered:
			_, err := e.Request(child, says("unheard")) // stopped before it can handle it
			e.StopActor("child")
			_, gone := e.Send(child, says("x"))
			d.add("stopped %v, gone %v, again %v", err, gone != nil, errors.Is(e.Spawn("child", node.Mailbox{}, &script{}), node.ErrNameUsed))
		case node.Failed:
			d.add("failed %v", ev.Err)
		}
	}))
	w.settle("the request failed", d.has(4))
	d.expect(t, true, "spawn <nil>, again true, bad true", "child started", "stopped <nil>, gone true, again true", "failed connection reset")
}

func promiseDisk(t *testing.T, w arm) {
	var d diary
	boot := bootOne(func(e node.Env, ev *node.Event) {
		disk := e.Disk()
		switch ev.Kind {
		case node.Started:
			disk.Read("old")
			if e.Self().Inc == 1 {
				disk.Append("f", []byte("one "), false)
				disk.Append("f", []byte("two"), true)
				disk.Rename("f", "g")
				disk.Append("f", []byte("new"), true)
				disk.Remove("none")
				disk.Rename("none", "g")
				disk.Append("old", []byte("kept"), true)
			}
			disk.Read("g")
			disk.Read("f")
		case node.DiskDone:
			d.add("%d: %q %v", e.Self().Inc, ev.Data, ev.Err)
		case node.Stopping:
			e.Exit()
		}
	})
	w.boot("n1", boot)
	w.settle("ten operations", d.has(10))
	ok, none := `1: "" <nil>`, `1: "" no such file`
	d.expect(t, true, ok, ok, ok, ok, ok, ok, none, ok, `1: "new" <nil>`, `1: "one two" <nil>`)
	w.stop("n1")
	w.boot("n1", boot)
	w.settle("three reads", d.has(13))
	if got := d.all()[10:]; !slices.Contains(got, `2: "kept" <nil>`) || !slices.Contains(got, `2: "one two" <nil>`) {
		t.Errorf("after a restart the disk holds %v", got)
	}
}

func promiseIncarnation(t *testing.T, w arm) {
	var d diary
	receiver := bootOne(func(e node.Env, ev *node.Event) {
		switch ev.Kind {
		case node.Delivered:
			d.add("life %d got %s", e.Self().Inc, textOf(ev))
		case node.Stopping:
			e.Exit()
		}
	})
	w.boot("n2", receiver)
	w.boot("n3", bootOne(func(e node.Env, ev *node.Event) {
		if ev.Kind == node.Started {
			e.Send(at("n2", "a"), says("to any"))
		}
	}))
	w.settle("first life", d.has(1))
	w.stop("n2")
	w.boot("n2", receiver)
	w.boot("n1", bootOne(func(e node.Env, ev *node.Event) {
		if ev.Kind == node.Started {
			e.Send(node.Addr{Node: "n2", Inc: 1, Actor: "a"}, says("to the first"))
			e.Send(node.Addr{Node: "n2", Inc: 2, Actor: "a"}, says("to the second"))
			e.After(300*time.Millisecond, 0)
		} else if ev.Kind == node.TimerFired {
			d.add("later")
		}
	}))
	w.settle("second life", d.has(3))
	d.expect(t, false, "life 1 got to any", "life 2 got to the second", "later")
}

func promiseClock(t *testing.T, w arm) {
	var d diary
	w.boot("n1", func(b node.Booter) error {
		for _, name := range []string{"a", "b"} {
			var last time.Duration
			n := 0
			err := b.Spawn(name, node.Mailbox{}, &script{func(e node.Env, ev *node.Event) {
				if e.Now() < last || e.Wall().IsZero() {
					d.add("time goes back from %v to %v", last, e.Now())
				}
				last = e.Now()
				if n++; n < 20 {
					e.After(time.Millisecond, 0)
					return
				}
				d.add("%d", e.Rand().Uint64())
			}})
			if err != nil {
				return err
			}
		}
		return nil
	})
	w.settle("both drew", d.has(2))
	if got := d.all(); len(got) != 2 || got[0] == got[1] {
		t.Errorf("two actors drew %v", got)
	}
}

func promiseEvidence(t *testing.T, w arm) {
	var d diary
	w.boot("n2", bootOne(func(e node.Env, ev *node.Event) {
		switch ev.Kind {
		case node.Delivered:
			e.Reply(ev.ReplyTo, says("yes"))
		case node.Stopping:
			e.Exit()
		}
	}))
	w.boot("n1", bootOne(func(e node.Env, ev *node.Event) {
		switch ev.Kind {
		case node.Started:
			e.Disk().Append("f", []byte("x"), true)
			e.Request(at("n2", "a"), says("well"))
			e.Log("none_up").Bool("on", true).End()
		case node.Replied, node.DiskDone:
			d.add("done")
		case node.Stopping:
			e.Exit()
		}
	}))
	w.settle("answered and synced", d.has(2))
	w.stop("n1")
	w.stop("n2")
	for file, want := range map[string][]string{
		"n1.1": {"log", "start", "send", "none_up", "recv|synced", "recv|synced", "stop", "end"},
		"n2.1": {"log", "start", "recv", "send", "stop", "end"},
	} {
		lines := strings.Split(strings.TrimSuffix(w.logs()[file], "\n"), "\n")
		ok := len(lines) == len(want)
		for i, line := range lines {
			ok = ok && strings.Contains(want[i], fieldOf([]byte(line), "k"))
			if s := fieldOf([]byte(line), "s"); ok && i > 0 && i < len(lines)-1 && s != fmt.Sprint(i) {
				t.Errorf("%s: record %d has sequence %s", file, i, s)
			}
		}
		if !ok {
			t.Errorf("%s: want %v, got\n%s", file, want, strings.Join(lines, "\n"))
		}
	}
}
