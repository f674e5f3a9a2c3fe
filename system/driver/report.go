package driver

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"weir/system/node"
)

// report is what an actor measured when it was last asked. The actor's own goroutine
// makes it, between two events, so that actors need no locks for what they measure.
type report struct {
	wanted  atomic.Bool
	mu      sync.Mutex
	samples []node.Sample
	made    chan struct{} // closed once the report that is wanted is made; nil: none is
	over    bool          // the actor has ended, its last report stays
}

// ask asks for a new report; the channel is closed when it is there.
func (r *report) ask(box *mailbox) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return nothing
	}
	if r.made == nil {
		r.made = make(chan struct{})
		r.wanted.Store(true)
		box.rouse()
	}
	return r.made
}

// nothing has to be waited for.
var nothing = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

// set makes the report of an actor, on its goroutine; the last one stays.
func (r *report) set(a node.Actor, last bool) {
	var samples []node.Sample
	if s, ok := a.(node.Sampler); ok {
		samples = s.Samples(make([]node.Sample, 0, len(r.samples))) // about as many as before
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted.Store(false)
	r.samples, r.over = samples, last
	if r.made != nil {
		close(r.made)
		r.made = nil
	}
}

func (r *report) get() []node.Sample {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.samples
}

// Samples returns what the node's actors and the driver measure. An actor that does
// not answer before ctx is done, because one event takes it that long, stands with what
// it last said and counts as late. After the node's end it returns the final values.
// The caller must not change what a sample points to. Safe for concurrent use.
func (n *Node) Samples(ctx context.Context) (all []node.Sample, late int) {
	n.mu.RLock()
	actors := n.inOrder()
	if len(actors) == 0 {
		actors = n.ending
	}
	n.mu.RUnlock()
	waits := make([]<-chan struct{}, len(actors))
	for i, a := range actors {
		waits[i] = a.report.ask(a.box)
	}
	for i, a := range actors {
		if !soon(ctx, waits[i]) {
			late++
		}
		all = append(all, a.report.get()...)
		items, bytes := a.box.level()
		all = append(all, node.Level("mailbox_items", a.name, items), node.Level("mailbox_bytes", a.name, bytes))
	}
	return n.own(all), late
}

// soon waits for the report; what is there already is never too late.
func soon(ctx context.Context, made <-chan struct{}) bool {
	select {
	case <-made:
		return true
	case <-ctx.Done():
	}
	select {
	case <-made:
		return true
	default:
		return false
	}
}

// own appends what the driver measures itself.
func (n *Node) own(s []node.Sample) []node.Sample {
	for i, word := range dropWords {
		s = append(s, node.Count("drops", word, n.drops[i].Load()))
	}
	s = n.journal.samples(s)
	s = n.store.samples(s)
	return n.peers.samples(s)
}

func (j *journal) samples(s []node.Sample) []node.Sample {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append(s, node.Level("log_waiting", "", j.waiting), node.Count("log_dropped", "", j.dropped),
		node.Count("log_written", "", j.written))
}

func (s *store) samples(all []node.Sample) []node.Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.took {
		all = append(all, s.took[i].Sample("disk_time", opNames[i]))
	}
	return append(all, node.Level("disk_waiting", "", len(s.queue)), node.Count("disk_errors", "", s.failed))
}

// samples tells the nodes apart that the configuration has; others may call themselves
// anything, and as many things as they like.
func (p *peers) samples(s []node.Sample) []node.Sample {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	rest := room{}
	for name, r := range p.count {
		if p.known(name) {
			names = append(names, name)
		} else {
			rest.items += r.items
			rest.bytes += r.bytes
		}
	}
	slices.Sort(names)
	add := func(name string, r room) {
		s = append(s, node.Level("peer_items", name, r.items), node.Level("peer_bytes", name, r.bytes))
	}
	for _, name := range names {
		add(name, *p.count[name])
	}
	add(node.Other, rest)
	return s
}
