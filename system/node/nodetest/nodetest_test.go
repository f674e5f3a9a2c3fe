package nodetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"weir/system/node"
	"weir/system/record"
)

type note string

func (note) Name() string          { return "note" }
func (note) Class() node.Class     { return node.ClassData }
func (n note) Size() int           { return len(n) }
func (note) Describe(*record.Line) {}

// probeActor does what a function says, and keeps what it saw.
type probeActor struct {
	seen []node.Kind
	do   func(env node.Env, ev *node.Event)
}

func (p *probeActor) Receive(env node.Env, ev *node.Event) {
	p.seen = append(p.seen, ev.Kind)
	p.do(env, ev)
}

func bootOne(t *testing.T, do func(env node.Env, ev *node.Event)) (*Node, *probeActor) {
	t.Helper()
	a := &probeActor{do: do}
	n := New("x", 1)
	n.MustBoot(func(b node.Booter) error { return b.Spawn("root", node.Mailbox{}, a) })
	return n, a
}

func TestTimersFireInOrder(t *testing.T) {
	var fired []uint64
	n, _ := bootOne(t, func(env node.Env, ev *node.Event) {
		switch ev.Kind {
		case node.Started:
			env.After(2*time.Second, 2)
			env.After(time.Second, 1)
			gone := env.After(time.Second, 9)
			env.After(time.Second, 3)
			env.Cancel(gone)
		case node.TimerFired:
			fired = append(fired, ev.Key, uint64(env.Now()/time.Second))
		}
	})
	n.Advance(1500 * time.Millisecond)
	n.Advance(time.Second)
	if want := []uint64{1, 1, 3, 1, 2, 2}; !slices.Equal(fired, want) {
		t.Fatalf("fired %v, want %v", fired, want)
	}
}

func TestRequestsAnswersAndFailures(t *testing.T) {
	far := node.Addr{Node: "y", Actor: "b"}
	n, a := bootOne(t, func(env node.Env, ev *node.Event) {
		if ev.Kind == node.Started {
			_, _ = env.Request(far, note("1"))
			_, _ = env.Request(far, note("2"))
		}
		if ev.Kind == node.Delivered {
			_, _ = env.Reply(ev.ReplyTo, note("re"))
		}
	})
	sent := n.Take()
	if len(sent) != 2 || n.Open() != 2 || !sent[0].Request {
		t.Fatalf("sent %+v", sent)
	}
	n.Answer(sent[0], note("ok"))
	n.Fail(sent[1], node.ErrReset)
	re := n.Ask(far, "root", note("?"))
	if got := n.Take(); len(got) != 1 || got[0].Re != re {
		t.Fatalf("reply %+v, want one to %+v", got, re)
	}
	want := []node.Kind{node.Started, node.Replied, node.Failed, node.Delivered}
	if !slices.Equal(a.seen, want) || n.Open() != 0 {
		t.Fatalf("events %v, want %v", a.seen, want)
	}
}

func TestDiskSurvivesACrashAsFarAsSynced(t *testing.T) {
	n, _ := bootOne(t, func(env node.Env, ev *node.Event) {
		if ev.Kind == node.Started && env.Self().Inc == 1 {
			env.Disk().Append("f", []byte("ab"), true)
			env.Disk().Append("f", []byte("cd"), false)
		}
	})
	if got := string(n.File("f")); got != "abcd" {
		t.Fatalf("file %q", got)
	}
	n.Crash()
	if got := string(n.File("f")); got != "ab" {
		t.Fatalf("after the crash %q, want what was synced", got)
	}
	n.AutoDisk = false
	n.MustBoot(func(b node.Booter) error {
		return b.Spawn("root", node.Mailbox{}, &probeActor{do: func(env node.Env, ev *node.Event) {
			if ev.Kind == node.Started {
				env.Disk().Append("f", []byte("xyz"), true)
			}
		}})
	})
	n.Tear(2)
	if got := string(n.File("f")); got != "abxy" {
		t.Fatalf("after the torn write %q", got)
	}
}

func TestActorsNamesAreUsedOnce(t *testing.T) {
	n := New("x", 1)
	a := &probeActor{do: func(node.Env, *node.Event) {}}
	err := n.Boot(func(b node.Booter) error {
		return errors.Join(b.Spawn("a", node.Mailbox{}, a), b.Spawn("a", node.Mailbox{}, a))
	})
	if !errors.Is(err, node.ErrNameUsed) {
		t.Fatalf("error %v", err)
	}
}

func TestLocalMessagesAndRecords(t *testing.T) {
	n := New("x", 1)
	first := &probeActor{}
	first.do = func(env node.Env, ev *node.Event) {
		if ev.Kind == node.Delivered && ev.ReplyTo == (node.ReplyTo{}) {
			if _, err := env.Request(n.Addr("b"), note("q")); err != nil {
				t.Error(err)
			}
		}
		if ev.Kind == node.Replied {
			env.Log("x_done").Str("who", "a").Int("v", -3).Bool("ok", true).End()
		}
	}
	second := &probeActor{do: func(env node.Env, ev *node.Event) {
		if ev.Kind == node.Delivered {
			_, _ = env.Reply(ev.ReplyTo, note("r"))
		}
	}}
	n.MustBoot(func(b node.Booter) error {
		return errors.Join(b.Spawn("a", node.Mailbox{}, first), b.Spawn("b", node.Mailbox{}, second))
	})
	n.Deliver(node.Addr{}, "a", note("go"))
	r := n.Last("x_done")
	if r.Str("who") != "a" || r.Int("v") != -3 || !r.Bool("ok") || r.Has("none") || r.Seq != 1 || r.Actor != "a" {
		t.Fatalf("record %+v", r)
	}
	if got := n.Story("who"); !slices.Equal(got, []string{"x_done who=a"}) || len(n.Sent) != 0 {
		t.Fatalf("story %q, sent %v", got, n.Sent)
	}
}
