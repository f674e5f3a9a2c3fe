package crdt

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// op is one change in the naive model: it keeps every operation with the set
// of those that it knew, and derives the table from that alone.
type op struct {
	version Version
	id      string
	kind    string // put, weight, drain, remove
	a       Analyser
	knew    map[Version]bool
	drains  uint32 // after it, by the documented count
}

// model is all operations of a history.
type model struct{ ops []op }

// heads returns the operations on id among known that no other of them knew.
func (m *model) heads(known map[Version]bool, id string) (out []op) {
	for _, o := range m.ops {
		if o.id != id || !known[o.version] {
			continue
		}
		if !slices.ContainsFunc(m.ops, func(p op) bool { return p.id == id && known[p.version] && p.knew[o.version] }) {
			out = append(out, o)
		}
	}
	return out
}

// last returns the greatest operation of the kinds that o is or knew, looking
// back no further than the last one in time that found nothing registered.
func (m *model) last(o op, kinds string) op {
	best := op{}
	for _, p := range m.ops {
		if p.id == o.id && (p.version == o.version || o.knew[p.version]) && strings.Contains(kinds, p.kind) && !m.over(p, o) &&
			p.version.Compare(best.version) > 0 {
			best = p
		}
	}
	return best
}

// over reports whether a removal that o knew had known p, with nothing that
// knew p and not that removal left to carry it on to o.
func (m *model) over(p, o op) bool {
	if p.version == o.version {
		return false
	}
	// p reaches o through a chain of writes each of which was a head when the
	// next was made; a removal ends a chain.
	for _, h := range m.heads(o.knew, o.id) {
		if h.kind != "remove" && (h.version == p.version || h.knew[p.version] && !m.over(p, h)) {
			return false
		}
	}
	return true
}

// table returns what a replica must show that knows these operations.
func (m *model) table(known map[Version]bool, ids []string) (out []Analyser) {
	for _, id := range ids {
		a := Analyser{ID: id}
		var wv, av Version
		var drains uint32
		live := false
		for _, h := range m.heads(known, id) {
			if h.kind == "remove" {
				continue
			}
			live = true
			if w := m.last(h, "put weight"); w.version.Compare(wv) > 0 {
				a.Weight, wv = w.a.Weight, w.version
			}
			if p := m.last(h, "put"); p.version.Compare(av) > 0 {
				a.Address, av = p.a.Address, p.version
			}
			drains = max(drains, h.drains)
		}
		a.Drained = drains%2 == 1
		if live {
			out = append(out, a)
		}
	}
	return out
}

// peer is a replica of a random history with what the model says it knows.
type peer struct {
	t     *Table
	known map[Version]bool
	inc   uint32
}

// packet is a delta on its way, with what it conveys.
type packet struct {
	data  []byte
	known map[Version]bool
}

type world struct {
	model
	peers []*peer
	fly   []packet
	gc    bool // drop tombstones
}

var modelIDs = []string{"a", "b", "c"}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newWorld(n int) *world {
	w := &world{}
	for i := range n {
		w.peers = append(w.peers, &peer{must(New(Site{fmt.Sprintf("d%d", i), 1})), map[Version]bool{}, 1})
	}
	return w
}

func copied(m map[Version]bool) map[Version]bool {
	out := map[Version]bool{}
	for v := range m {
		out[v] = true
	}
	return out
}

// change makes a random change at a peer and puts its delta on the way.
func (w *world) change(t *rapid.T, p *peer) {
	id := rapid.SampledFrom(modelIDs).Draw(t, "id")
	kind := rapid.SampledFrom([]string{"put", "put", "weight", "drain", "undrain", "remove"}).Draw(t, "kind")
	weight := rapid.Uint32Range(0, 9).Draw(t, "weight")
	o := op{id: id, kind: kind, a: Analyser{id, fmt.Sprintf("h:%d", weight), weight, weight > 6}, knew: copied(p.known)}
	live := slices.ContainsFunc(w.table(p.known, modelIDs), func(a Analyser) bool { return a.ID == id })
	for _, h := range w.heads(p.known, id) {
		if h.kind != "remove" {
			o.drains = max(o.drains, h.drains)
		}
	}
	var d Delta
	var err error
	switch kind {
	case "put":
		d, err = p.t.Put(o.a)
		o.drains = modelDrains(o.drains, o.a.Drained)
	case "weight":
		d, err = p.t.SetWeight(id, weight)
	case "remove":
		d, err = p.t.Remove(id)
		o.drains = 0
	default:
		d, err = p.t.SetDrain(id, kind == "drain")
		o.drains = modelDrains(o.drains, kind == "drain")
		o.kind = "drain"
	}
	if !live && kind != "put" {
		if !errors.Is(err, ErrUnknown) {
			t.Fatalf("%s of %q, which is not registered: %v", kind, id, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	o.version = Version{p.t.clock, p.t.self}
	w.ops = append(w.ops, o)
	p.known[o.version] = true
	w.send(p, d)
}

func (w *world) send(p *peer, d Delta) {
	w.fly = append(w.fly, packet{must(d.Encode()), copied(p.known)})
}

// deliver hands a packet to a peer: what is told must then be known, or refused as a gap.
func (w *world) deliver(t *rapid.T, p *peer, m packet) {
	d, err := Decode(m.data)
	if err != nil {
		t.Fatal(err)
	}
	before := p.t.Seen()
	_, err = p.t.Merge(d)
	if errors.Is(err, ErrGap) || errors.Is(err, ErrSuperseded) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for v := range m.known {
		p.known[v] = true
	}
	if !p.t.Seen().Includes(before) || !p.t.Seen().Includes(d.seen) {
		t.Fatalf("seen %v, told %v, now %v: not inflated", before, d.seen, p.t.Seen())
	}
}

func (w *world) check(t *rapid.T, p *peer) {
	if countDead(p.t.entries) != p.t.Tombstones() {
		t.Fatalf("%d tombstones, counted %d", countDead(p.t.entries), p.t.Tombstones())
	}
	got, want := p.t.Analysers(), w.table(p.known, modelIDs)
	if !slices.Equal(got, want) {
		t.Fatalf("%s/%d shows %v, the model %v", p.t.self.Replica, p.inc, got, want)
	}
}

func (w *world) step(t *rapid.T) {
	p := rapid.SampledFrom(w.peers).Draw(t, "peer")
	switch rapid.SampledFrom([]int{0, 1, 2, 3, 4, 5, 5, 6, 7}).Draw(t, "act") {
	case 0, 1, 2:
		w.change(t, p)
	case 3, 4: // any packet, again or late; those never drawn are lost
		if len(w.fly) > 0 {
			w.deliver(t, p, rapid.SampledFrom(w.fly).Draw(t, "packet"))
		}
	case 5: // anti-entropy
		w.send(p, p.t.Since(rapid.SampledFrom(w.peers).Draw(t, "to").t.Seen()))
		w.deliver(t, rapid.SampledFrom(w.peers).Draw(t, "gets"), w.fly[len(w.fly)-1])
	case 6: // restart, with nothing
		w.restart(p)
	case 7:
		acks := w.acks(t)
		if w.gc {
			p.t.Collect(acks)
		}
	}
	w.check(t, p)
}

// modelDrains counts drains as documented: a drain to the next odd number, an
// undrain to the next even one if it is odd.
func modelDrains(n uint32, drain bool) uint32 {
	for first := true; first && drain || (n%2 == 1) != drain; first = false {
		n++
	}
	return n
}

// acks returns what some of the peers have seen: the others are away.
func (w *world) acks(t *rapid.T) (acks []Vector) {
	for _, q := range w.peers {
		if rapid.SampledFrom([]bool{false, true, true, true}).Draw(t, "here") {
			acks = append(acks, q.t.Seen())
		}
	}
	return acks
}

func (w *world) restart(p *peer) {
	p.inc++
	p.t = must(New(Site{p.t.self.Replica, p.inc}))
	p.known = map[Version]bool{}
}

// heal exchanges until everybody has been told by everybody.
func (w *world) heal(t *rapid.T) {
	for range 2 {
		for _, p := range w.peers {
			for _, q := range w.peers {
				w.send(p, p.t.Since(q.t.Seen()))
				w.deliver(t, q, w.fly[len(w.fly)-1])
			}
		}
	}
}

// play makes random steps, heals, and holds that all show the same.
func (w *world) play(t *rapid.T) {
	for range rapid.SampledFrom([]int{5, 20, 60}).Draw(t, "steps") {
		w.step(t)
	}
	w.heal(t)
	for _, p := range w.peers {
		w.check(t, p)
		if q := w.peers[0]; p.t.Digest() != q.t.Digest() || !p.t.Seen().Equal(q.t.Seen()) {
			t.Fatalf("%v and %v differ after healing", p.t.Analysers(), q.t.Analysers())
		}
	}
}

// TestAgainstModel plays random histories with loss, duplicates, reordering,
// restarts and tombstones dropped at any time: after every step a replica shows
// what the model derives from the operations it knows, and after healing all
// show the same.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.SampledFrom([]int{2, 3, 4}).Draw(t, "peers"))
		w.gc = rapid.Bool().Draw(t, "gc")
		w.play(t)
	})
}
