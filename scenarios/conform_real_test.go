package scenarios

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"weir/system/driver"
	"weir/system/node"
)

// realArm is the driver as a world of the conformance tests: real goroutines, clocks
// and files; its nodes are in this process, joined by a hub.
type realArm struct {
	t     *testing.T
	hub   *hub
	nodes map[string]*driver.Node
	incs  map[string]uint32
	dirs  map[string]string
	boots map[string]node.Boot
	out   map[string]*bytes.Buffer // by NODE.INC
}

func newRealArm(t *testing.T) *realArm {
	a := &realArm{t: t, hub: &hub{nodes: map[string]*driver.Node{}}, nodes: map[string]*driver.Node{}, incs: map[string]uint32{},
		dirs: map[string]string{}, boots: map[string]node.Boot{}, out: map[string]*bytes.Buffer{}}
	t.Cleanup(func() { a.logs() })
	return a
}

func (a *realArm) boot(name string, boot node.Boot) {
	a.t.Helper()
	if a.dirs[name] == "" {
		a.dirs[name] = a.t.TempDir()
	}
	a.incs[name]++
	var log bytes.Buffer
	a.out[fmt.Sprintf("%s.%d", name, a.incs[name])] = &log
	n, err := driver.Start(driver.Config{
		Name: name, Role: "operator", Incarnation: a.incs[name], Boot: boot,
		Link: &hubLink{hub: a.hub, name: name}, Dir: a.dirs[name], Log: &log, Seed: 1,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	a.nodes[name] = n
}

func (a *realArm) stop(name string) {
	n := a.nodes[name]
	n.Stop()
	select {
	case <-n.Done():
	case <-time.After(10 * time.Second):
		a.t.Fatalf("%s does not stop", name)
	}
	if err := n.Err(); err != nil {
		a.t.Error(err)
	}
	delete(a.nodes, name)
}

func (a *realArm) settle(what string, done func() bool) {
	a.t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			a.t.Fatalf("%s: still not after 20 s", what)
		}
	}
}

func (a *realArm) logs() map[string]string {
	for _, n := range a.nodes {
		n.Kill()
		<-n.Done()
	}
	a.nodes = map[string]*driver.Node{}
	all := map[string]string{}
	for name, b := range a.out {
		all[name] = b.String()
	}
	return all
}

// hub joins the nodes of one process: what a transport is between machines.
type hub struct {
	mu    sync.Mutex
	nodes map[string]*driver.Node
}

func (h *hub) join(name string, n *driver.Node) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.nodes[name] = n
}

func (h *hub) find(name string) *driver.Node {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.nodes[name]
}

// hubLink is one node's end of the hub.
type hubLink struct {
	hub  *hub
	name string
	n    *driver.Node
}

func (l *hubLink) Bind(n *driver.Node) {
	l.n = n
	l.hub.join(l.name, n)
}

func (l *hubLink) Knows(name string) bool { return l.hub.find(name) != nil }

func (l *hubLink) Send(batch []driver.Outgoing) {
	for i := range batch {
		o := &batch[i]
		in := driver.Incoming{From: o.From, To: o.To, Token: o.Token, Msg: o.Msg, Re: o.Re.Token}
		if o.Request {
			in.Handle = 1
		}
		err := l.hub.find(o.To.Node).Deliver(in)
		l.n.Sent(o.To.Node, o.Msg.Size())
		if err != nil && o.Request {
			l.n.Fail(o.From.Actor, o.Token, node.ErrReset)
		}
	}
}

func TestConformanceReal(t *testing.T) {
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.body(t, newRealArm(t))
		})
	}
}
