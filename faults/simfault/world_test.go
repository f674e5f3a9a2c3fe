package simfault_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"weir/faults"
	"weir/faults/simfault"
	"weir/sim"
)

const ms = time.Millisecond

// The tiny world: node p sends a ping to node q every 10 ms; q appends to two files and answers. Classes are those
// of the vocabulary: pings are data, answers acks.

// entry is what an actor wrote down.
type entry struct {
	node, actor, kind string
	inc               uint32
	at                time.Duration // world
	now               time.Duration // node
	wall              time.Time     // node
	n                 int64
}

// table is a run: its world, what was written, and the injector.
type table struct {
	sim.NopObserver
	t       *testing.T
	w       *sim.World
	in      *simfault.Injector
	entries []entry
	log     bytes.Buffer
	loads   []string
	gauges  []string
	docs    []string
	linger  time.Duration // how long q takes to stop
	reports bool          // p sends by Request and so learns of failures
}

func (tb *table) Lost(m sim.MsgInfo, why sim.Why)      { tb.in.Lost(m, why) }
func (tb *table) Duplicated(m sim.MsgInfo, copies int) { tb.in.Duplicated(m, copies) }
func (tb *table) NodeChanged(id sim.NodeID, i uint32, s sim.NodeState) {
	if tb.in != nil {
		tb.in.NodeChanged(id, i, s)
	}
}

// note writes an entry and feeds it to the injector's triggers, as a runner's recorder does.
func (tb *table) note(c *sim.Ctx, kind string, n int64) {
	self := c.Self()
	node := tb.w.Node(self.Node).Name
	tb.entries = append(tb.entries, entry{node, self.Actor, kind, self.Inc, c.WorldNow(), c.Now(), c.Wall(), n})
	tb.in.OnRecord(node, self.Actor, kind, func(key string) string {
		if key == "even" {
			return []string{"true", "false"}[n&1]
		}
		return ""
	})
}

// pinger is p's root.
func (tb *table) pinger(c *sim.Ctx, ev *sim.Event) {
	switch ev.Kind {
	case sim.Started, sim.TimerFired:
		tb.note(c, "tick", 0)
		c.After(10*ms, 0)
		send := c.Send
		if tb.reports {
			send = c.Request
		}
		if _, err := send(sim.Addr{Node: 1, Actor: "pong"}, 0, 100, int64(c.WorldNow())); err != nil {
			tb.note(c, "unsent", 0)
		}
	case sim.Delivered, sim.Replied:
		tb.note(c, "answer", 0)
	case sim.Failed:
		tb.note(c, "failed", 0)
	case sim.Stopping:
		c.Exit()
	}
}

// ponger is q's root: n of a ping is its way in nanoseconds.
func (tb *table) ponger(c *sim.Ctx, ev *sim.Event) {
	switch ev.Kind {
	case sim.Started:
		c.Disk().Read("synced")
	case sim.Delivered:
		tb.note(c, "ping", int64(c.WorldNow())-ev.Msg.(int64))
		c.Disk().Append("synced", []byte{'x'}, true)
		c.Disk().Append("loose", []byte("0123456789"), false)
		if ev.ReplyTo.None() {
			c.Send(ev.From, 1, 50, nil)
		} else {
			c.Reply(ev.ReplyTo, 1, 50, nil)
		}
	case sim.DiskDone:
		tb.disk(c, ev)
	case sim.Stopping:
		tb.note(c, "stopping", 0)
		if tb.linger == 0 {
			c.Exit()
		}
		c.After(tb.linger, 0)
	case sim.TimerFired:
		c.Exit()
	}
}

func (tb *table) disk(c *sim.Ctx, ev *sim.Event) {
	switch {
	case ev.DiskOp == sim.DiskRead:
		tb.note(c, "recovered", int64(len(ev.Data)))
	case ev.File != "synced":
	case errors.Is(ev.Err, sim.ErrDiskFull):
		tb.note(c, "full", 0)
	case errors.Is(ev.Err, sim.ErrDiskIO):
		tb.note(c, "io", 0)
	case ev.Err == nil:
		tb.note(c, "synced", 0)
	}
}

// side is q's second actor: it only ticks.
func (tb *table) side(c *sim.Ctx, ev *sim.Event) {
	if ev.Kind == sim.Started || ev.Kind == sim.TimerFired {
		tb.note(c, "side", 0)
		c.After(10*ms, 0)
	}
}

// setting changes a table before its nodes are added.
type setting func(*table, *sim.Config, *sim.NodeConfig)

// lay sets the table for a plan without running it.
func lay(t *testing.T, plan string, settings ...setting) *table {
	t.Helper()
	tb := &table{t: t}
	config := sim.Config{Seed: 7, Observer: tb}
	p := sim.NodeConfig{Name: "p", Boot: func(b *sim.Booter) { spawn(t, b, "ping", tb.pinger) }}
	q := sim.NodeConfig{Name: "q", Boot: func(b *sim.Booter) {
		spawn(t, b, "pong", tb.ponger)
		spawn(t, b, "side", tb.side)
	}}
	for _, s := range settings {
		s(tb, &config, &q)
	}
	w, err := sim.New(config)
	must(t, err)
	tb.w = w
	for _, c := range []sim.NodeConfig{p, q} {
		_, err = w.AddNode(c)
		must(t, err)
	}
	must(t, w.SetDefaultLink(sim.LinkConfig{Latency: sim.Constant(ms)}))
	parsed, err := faults.Parse(plan)
	must(t, err)
	tb.in, err = simfault.New(w, simfault.Options{
		Plan: parsed, Log: faults.NewLog(&tb.log),
		Configure: func(node string, doc []byte) { tb.docs = append(tb.docs, node+" "+string(doc)) },
		Gauge:     func(node string, act faults.Verb) { tb.gauges = append(tb.gauges, node+" "+string(act)) },
		Load:      func(node string, percent int) { tb.loads = append(tb.loads, node+" "+itoa(percent)) },
	})
	must(t, err)
	tb.in.Start()
	must(t, w.Start(0))
	must(t, w.Start(1))
	return tb
}

// play lays the table and runs it for one virtual second.
func play(t *testing.T, plan string, settings ...setting) *table {
	t.Helper()
	tb := lay(t, plan, settings...)
	tb.finish()
	return tb
}

func (tb *table) finish() {
	tb.t.Helper()
	if reason := tb.w.RunUntil(time.Second); reason != sim.Until && reason != sim.Quiet {
		tb.t.Fatalf("the run ended by %s", reason)
	}
	tb.in.Close()
}

func spawn(t *testing.T, b *sim.Booter, name string, f sim.ActorFunc) {
	must(t, b.Spawn(name, sim.ActorOptions{}, f))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

// between lists the entries of a kind (or of all, if empty) of a node in (from, to).
func (tb *table) between(node, kind string, from, to time.Duration) (list []entry) {
	for _, e := range tb.entries {
		if e.node == node && (kind == "" || e.kind == kind) && e.at > from && e.at < to {
			list = append(list, e)
		}
	}
	return list
}

// count asserts how many entries of a kind there are in (from, to).
func (tb *table) count(node, kind string, from, to time.Duration, low, high int) {
	tb.t.Helper()
	if n := len(tb.between(node, kind, from, to)); n < low || n > high {
		tb.t.Errorf("%s wrote %d %q in (%v, %v), want %d to %d", node, n, kind, from, to, low, high)
	}
}

// acts lists what the fault log says was done, in its words: "cut p->q data", "noeffect crash q".
func (tb *table) acts() (list []string) {
	for _, r := range tb.records("fault", "noeffect") {
		s := r["do"].(string)
		if r["k"] == "noeffect" {
			s = "noeffect " + s
		}
		if r["from"] != nil {
			s += " " + r["from"].(string) + "->" + r["to"].(string) + " " + r["cls"].(string)
		} else {
			s += " " + r["n"].(string)
		}
		if r["act"] != nil {
			s += "/" + r["act"].(string)
		}
		if r["val"] != nil {
			s += " " + r["val"].(string)
		}
		if r["inc"] != nil {
			s += " inc" + itoa(int(r["inc"].(float64)))
		}
		list = append(list, s)
	}
	return list
}

func (tb *table) records(kinds ...string) (list []map[string]any) {
	for _, line := range strings.Split(strings.TrimSpace(tb.log.String()), "\n") {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			tb.t.Fatalf("%s: %v", line, err)
		}
		for _, k := range kinds {
			if r["k"] == k {
				list = append(list, r)
			}
		}
	}
	return list
}

// did asserts exactly what the fault log says was done.
func (tb *table) did(want ...string) {
	tb.t.Helper()
	if got := tb.acts(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		tb.t.Errorf("the fault log says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
