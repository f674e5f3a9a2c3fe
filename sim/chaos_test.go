package sim

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sent names one accepted message.
type sent struct {
	node  NodeID
	inc   uint32
	token Token
}

// ledger counts the fates of messages, as handlers and an Observer see them.
type ledger struct {
	NopObserver
	accepted map[sent]bool
	copies   map[sent]int
	fates    map[sent][]string
	budget   int // sends left, so that the chatter ends
}

func (l *ledger) fate(m MsgInfo, s string) {
	k := sent{m.From.Node, m.From.Inc, m.Token}
	l.fates[k] = append(l.fates[k], s)
}
func (l *ledger) Lost(m MsgInfo, why Why)      { l.fate(m, "lost "+string(why)) }
func (l *ledger) Refused(m MsgInfo, err error) { l.fate(m, "refused "+err.Error()) }
func (l *ledger) DroppedStale(m MsgInfo)       { l.fate(m, "stale") }
func (l *ledger) Duplicated(m MsgInfo, n int) {
	l.copies[sent{m.From.Node, m.From.Inc, m.Token}] += n - 1
}
func (l *ledger) note(a Addr, t Token, e error) {
	if e == nil {
		l.accepted[sent{a.Node, a.Inc, t}] = true
	}
}

// chatter is an actor that does random legal things.
type chatter struct {
	l     *ledger
	nodes int
	keep  []ReplyTo
	open  []Token
	timer TimerID
	kids  int
}

func (c *chatter) Handle(x *Ctx, ev *Event) {
	if ev.Kind == Delivered {
		c.l.fate(MsgInfo{From: ev.From, Token: ev.Token}, "handled")
		if !ev.ReplyTo.None() {
			c.keep = append(c.keep, ev.ReplyTo)
		}
	}
	if ev.Kind == Replied {
		// The answer's own token is in its message.
		c.l.fate(MsgInfo{From: ev.From, Token: *ev.Msg.(*Token)}, "handled")
	}
	if ev.Kind == Stopping {
		x.Exit()
	}
	r := x.Rand()
	for range r.IntN(4) {
		if c.l.budget > 0 {
			c.l.budget--
			c.act(x, r)
		}
	}
}

func (c *chatter) act(x *Ctx, r *rand.Rand) {
	to := Addr{Node: NodeID(r.IntN(c.nodes)), Inc: uint32(r.IntN(8) / 5), Actor: fmt.Sprint("a", r.IntN(4))}
	class, size := Class(r.IntN(3)), r.IntN(200)
	switch r.IntN(12) {
	case 0, 1, 2:
		tok, err := x.Send(to, class, size, nil)
		c.l.note(x.Self(), tok, err)
	case 3, 4, 5:
		tok, err := x.Request(to, class, size, nil)
		c.l.note(x.Self(), tok, err)
		c.open = append(c.open, tok)
	case 6, 7:
		if len(c.keep) > 0 {
			msg := new(Token)
			tok, err := x.Reply(c.keep[len(c.keep)-1], class, size, msg)
			*msg = tok
			c.l.note(x.Self(), tok, err)
			if r.IntN(3) > 0 {
				c.keep = c.keep[:len(c.keep)-1]
			}
		}
	case 8:
		if len(c.open) > 0 {
			x.Forget(c.open[r.IntN(len(c.open))])
		}
	case 9:
		c.timer = x.After(time.Duration(r.IntN(3000))*time.Microsecond, 1)
		if r.IntN(3) == 0 {
			x.Cancel(c.timer)
		}
	case 10:
		f := x.Disk()
		[]func(){
			func() { f.Append("log", make([]byte, size), r.IntN(2) == 0) },
			func() { f.Sync("log") }, func() { f.Read("log") },
			func() { f.Rename("log", "old") }, func() { f.Remove("old") },
		}[r.IntN(5)]()
	case 11:
		if r.IntN(2) == 0 {
			c.kids++
			_ = x.Spawn(fmt.Sprintf("a%d", r.IntN(6)), ActorOptions{MailboxItems: 3}, &chatter{l: c.l, nodes: c.nodes})
		} else if r.IntN(4) == 0 {
			_ = x.StopActor(fmt.Sprint("a", 1+r.IntN(5)))
		}
	}
}

// someSchedule is one of all kinds, by the seed.
func someSchedule(seed uint64) Schedule {
	switch seed % 4 {
	case 1:
		return Schedule{Priority: Priority{Window: 5 * time.Millisecond, Every: 50}}
	case 2:
		return Schedule{Within: time.Millisecond, Choose: Stream(seed, "choices").IntN}
	case 3:
		return Schedule{Choose: func(n int) int { return n - 1 }, Priority: Priority{Window: time.Millisecond, Every: 7}}
	}
	return Schedule{}
}

// chaos builds a world from a plan of bytes, runs it to its end, and returns it.
func chaos(t tester, seed uint64, plan []byte) (*World, *ledger) {
	l := &ledger{accepted: map[sent]bool{}, copies: map[sent]int{}, fates: map[sent][]string{}, budget: 3000}
	w, err := New(Config{Seed: seed, Observer: l, Schedule: someSchedule(seed), Limits: Limits{Outstanding: 8, MailboxItems: 6, MailboxBytes: 700, Events: 200_000}})
	if err != nil {
		t.Fatal(err)
	}
	const nodes = 4
	for i := range nodes {
		id, err := w.AddNode(NodeConfig{
			Name: fmt.Sprint("n", i), Cores: i % 3, DiskLatency: Uniform(0, 1e6), DiskBytes: 4000,
			Service: []ServiceFunc{nil, func(_ string, ev *Event) time.Duration { return time.Duration(ev.Size) * 1000 }}[i%2],
			Boot: func(b *Booter) {
				for k := range 3 {
					if err := b.Spawn(fmt.Sprint("a", k), ActorOptions{MailboxItems: 4 * k}, &chatter{l: l, nodes: nodes}); err != nil {
						t.Fatal(err)
					}
				}
			},
		})
		if err != nil || w.Start(id) != nil {
			t.Fatal(err)
		}
	}
	check(t, w.SetDefaultLink(LinkConfig{Latency: Exponential(1e5, 5e5, 1e7), QueueItems: 30}))
	check(t, w.SetLink(0, 1, LinkConfig{Latency: Uniform(0, 1e6), Ordered: true, Rate: 100_000}))
	for i := 0; i+2 < len(plan); i += 3 {
		a, b, c := plan[i], NodeID(plan[i+1]%nodes), plan[i+2]
		w.At(time.Duration(i)*200*time.Microsecond, "plan", func(w *World) { plot(w, a, b, c) })
	}
	w.At(time.Duration(len(plan)+100)*200*time.Microsecond, "heal", healAll)
	if r := w.Run(); r != Quiet {
		t.Fatalf("stopped by %q after %d events", r, w.Events())
	}
	return w, l
}

func check(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tester is what testing.T and rapid.T share.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// plot does one act of the plan; those that do not apply fail, which is fine.
func plot(w *World, act byte, n NodeID, c byte) {
	m := (n + 1 + NodeID(c)%3) % 4
	set := ClassSet(c>>2) | 1
	if d := w.Disk(n); act >= 200 {
		[]func(){d.Lie, d.Honest, d.TearNext, d.Fill, d.Free, d.Break, d.Repair, d.Stall, d.Flow,
			func() { _ = d.Rot("log", -1, 1) }}[act%10]()
		return
	}
	_ = []func() error{
		func() error { return w.Crash(n, CrashOptions{Silent: c%2 == 0}) },
		func() error { return w.Restart(n) },
		func() error { return w.Start(n) },
		func() error { return w.Start(n) },
		func() error { return w.Stop(n) },
		func() error { return w.Pause(n) },
		func() error { return w.Resume(n) },
		func() error { return w.PauseActor(n, fmt.Sprint("a", c%3)) },
		func() error { return w.ResumeActor(n, fmt.Sprint("a", c%3)) },
		func() error { return w.Slow(n, int64(c)+1, 3) },
		func() error { return w.Cut(n, m, set) },
		func() error { return w.Heal(n, m, set) },
		func() error { return w.Hold(n, m, set) },
		func() error { return w.Release(n, m, set) },
		func() error { return w.Reset(n, m, set) },
		func() error { return w.Refuse(n, m, set) },
		func() error {
			return w.Impair(n, m, set, Impairment{LossPPM: uint32(c) * 1000, DuplicatePPM: 300_000, CorruptPPM: 100_000,
				ReorderPPM: 200_000, ReorderDelay: 2e6, Jitter: 1e6, ExtraDelay: 1e5, Rate: 50_000})
		},
		func() error { return w.Mend(n, m, set) },
		func() error { return w.Clock(n).Drift(int64(c)*3000 - 300_000) },
		func() error { w.Clock(n).Freeze(); return nil },
		func() error { w.Clock(n).Thaw(); return nil },
	}[act%21]()
}

// healAll ends every fault, so that all that waits can reach its fate.
func healAll(w *World) {
	for i := range NodeID(w.Nodes()) {
		w.Clock(i).Thaw()
		w.Disk(i).Flow()
		for _, a := range w.Node(i).Actors {
			_ = w.ResumeActor(i, a)
		}
		_ = w.Resume(i)
		for j := range NodeID(w.Nodes()) {
			_ = w.Heal(i, j, AllClasses)
			_ = w.Accept(i, j, AllClasses)
			_ = w.Release(i, j, AllClasses)
		}
	}
}

// Whatever happens: two runs are equal, every message has exactly its fates,
// and in the end nothing is left over.
func TestChaos(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		plan := rapid.SliceOfN(rapid.Byte(), 0, 240).Draw(t, "plan")
		judge(t, seed, plan, map[string]int{})
	})
}

// The same with fixed plans, to show that it sees every fate there is.
func TestChaosSeesEveryFate(t *testing.T) {
	seen := map[string]int{}
	r := Stream(1, "plans")
	for seed := range uint64(60) {
		plan := make([]byte, 240)
		for i := range plan {
			plan[i] = byte(r.Uint32())
		}
		judge(t, seed, plan, seen)
	}
	for _, f := range []string{"handled", "stale", "lost cut", "lost loss", "lost corrupt", "lost down", "lost crash",
		"lost stop", "lost reset", "lost full", "refused " + ErrRefused.Error(), "refused " + ErrRemoteFull.Error()} {
		if seen[f] == 0 {
			t.Errorf("no message had the fate %q", f)
		}
	}
	t.Logf("%v", seen)
}

// judge runs a plan twice and checks all that must hold.
func judge(t tester, seed uint64, plan []byte, seen map[string]int) {
	w, l := chaos(t, seed, plan)
	again, _ := chaos(t, seed, plan)
	if w.Hash() != again.Hash() || w.Events() != again.Events() {
		t.Fatalf("hash %x after %d events, and again %x after %d", w.Hash(), w.Events(), again.Hash(), again.Events())
	}
	for k := range l.accepted {
		if len(l.fates[k]) != 1+l.copies[k] {
			t.Fatalf("message %+v in %d copies has the fates %q", k, 1+l.copies[k], l.fates[k])
		}
		for _, f := range l.fates[k] {
			seen[f]++
		}
	}
	for k, f := range l.fates {
		if !l.accepted[k] {
			t.Fatalf("message %+v was not accepted and has the fates %q", k, f)
		}
	}
	nothingLeft(t, w)
}

// nothingLeft checks every counter of a world that is quiet.
func nothingLeft(t tester, w *World) {
	if w.used != 0 || w.bytes != 0 {
		t.Fatalf("%d slots and %d bytes are left", w.used, w.bytes)
	}
	for _, l := range w.links {
		if l.items != 0 || l.bytes != 0 || l.heldHead != none {
			t.Fatalf("link %d to %d still holds %d items, %d bytes", l.from, l.to, l.items, l.bytes)
		}
	}
	for _, n := range w.nodes {
		if n.busy != 0 || n.runHead != nil || n.disk.head != len(n.disk.ops) {
			t.Fatalf("node %d has %d busy cores, %d disk operations", n.id, n.busy, len(n.disk.ops)-n.disk.head)
		}
		open := 0
		for _, a := range n.actors {
			if a.mailItems != 0 || a.mailBytes != 0 || a.timers != 0 || a.diskOps != 0 {
				t.Fatalf("actor %v keeps %d mails, %d timers, %d disk operations", a.addr, a.mailItems, a.timers, a.diskOps)
			}
			open += a.requests
		}
		if open != n.open.count {
			t.Fatalf("node %d counts %d open requests, its table %d", n.id, open, n.open.count)
		}
	}
}
