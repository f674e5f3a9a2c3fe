package sim

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Schedule says how a world orders its events beyond the order that times give. The zero
// value: events of one instant run in a seeded order.
type Schedule struct {
	// Priority, if its Window is not 0, favours some actors over others.
	Priority Priority
	// Choose, if not nil, is asked at each decision which of n candidates goes first: 0
	// to n-1, of which 0 is the one that would without it. A decision is where several
	// events of one node could come next, see Within. It must follow from the run alone.
	// It makes every event cost O(queue): for small worlds, see Explore.
	Choose func(n int) int
	// Within is how much later than the next event of a node another that is under way
	// may be and still be chosen before it, as if the first had been delayed; 0: only
	// events of one instant are candidates. Events that are promised to keep their order keep it.
	Within time.Duration
}

// Priority is a schedule of priorities after PCT (Burckhardt and others, "A Randomized
// Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010): each actor has
// a random priority, and at random moments the one that is running falls to the lowest.
// Here a message to an actor is delayed the more the lower its priority, so that what is
// sent to others overtakes it again and again, as it seldom would with independent
// delays.
type Priority struct {
	Window time.Duration // what a message to the lowest is delayed by; 0 = no priorities; at most 1 min
	Every  uint64        // mean number of events from one fall to the next; 0 = 1,000
}

// Validate reports everything that is out of range, wrapping ErrConfig.
func (s Schedule) Validate() error {
	var errs []error
	if s.Priority.Window < 0 || s.Priority.Window > time.Minute {
		errs = append(errs, fmt.Errorf("%w: Schedule.Priority.Window is %v, not in 0 to 1m", ErrConfig, s.Priority.Window))
	}
	if s.Within < 0 || s.Within > time.Minute {
		errs = append(errs, fmt.Errorf("%w: Schedule.Within is %v, not in 0 to 1m", ErrConfig, s.Within))
	}
	return errors.Join(errs...)
}

// priorities is the state of a priority schedule.
type priorities struct {
	window int64
	every  uint64
	seed   uint64
	falls  uint64
	fallen map[uint64]uint64 // who fell, by hashed address: at which fall; never ranged over
}

// never is an event number that no run reaches.
const never = math.MaxUint64

func newPriorities(p Priority, seed uint64) *priorities {
	def(&p.Every, 1000)
	return &priorities{window: int64(p.Window), every: p.Every, seed: scramble(seed ^ mixB), fallen: map[uint64]uint64{}}
}

// next draws at which event the next fall comes.
func (p *priorities) next(now uint64) uint64 {
	return now + 1 + scramble(p.seed^p.falls*mixC)%(2*p.every)
}

// lag is how much later a message to an actor comes: in the first half of the window by
// its own priority, or if it has fallen, in the second half, the later the more recently.
func (p *priorities) lag(to uint64) int64 {
	half := p.window / 2
	if fall := p.fallen[to]; fall > 0 {
		return half + mulDivUp(half, int64(fall), int64(p.falls))
	}
	return int64(scramble(to^p.seed) % uint64(half+1))
}

// addressee hashes who slot i, a message, is for.
func (w *World) addressee(i int32) uint64 {
	s := &w.slots[i]
	if s.target == none {
		return hashName(w.bodies[i].name) ^ uint64(s.toNode+1)*mixA
	}
	a := w.actors[s.target]
	return hashName(a.addr.Actor) ^ uint64(a.node.id+1)*mixA
}

// fall gives the actor of slot i, the event that is about to run, the lowest priority.
// An event of no actor lets the next one fall.
func (w *World) fall(i int32) {
	s := &w.slots[i]
	if s.target == none && s.kind != slotSend {
		w.fallAt++
		return
	}
	p := w.priorities
	p.falls++
	p.fallen[w.addressee(i)] = p.falls
	w.fallAt = p.next(w.events)
}

// choice returns the key of the event to run instead of k, the least one, and takes it
// from the queue: one of those of the same node that may come next.
func (w *World) choice(k key, until int64) key {
	list := w.candidates(k, min(until, satAdd(k.at, int64(w.within)), int64(w.limits.Time)))
	pick := 0
	if len(list) > 1 {
		pick = w.choose(len(list))
		assert(pick >= 0 && pick < len(list), "a choice is one of the candidates")
	}
	k = list[pick]
	w.queue.rework(func(o *key) bool { return *o != k })
	return k
}

// candidates lists the events of k's node up to a time that could come next, k first,
// then in order: of those that are promised to keep their order only the first. Events
// of different nodes commute, so their order is not worth a choice.
func (w *World) candidates(k key, until int64) []key {
	node, list, seen := w.nodeOf(k.slot), []key{k}, []uint64{w.sequence(k.slot)}
	if node == none || w.slots[k.slot].kind == slotCall {
		return list
	}
	var rest []key
	for _, o := range w.queue.heap {
		alive := o.actor == none || w.actors[o.actor].alive
		if o != k && o.at <= until && w.nodeOf(o.slot) == node && !w.isDead(&w.slots[o.slot], alive) {
			rest = append(rest, o)
		}
	}
	slices.SortFunc(rest, func(a, b key) int {
		if a.before(&b) {
			return -1
		}
		return 1
	})
	for _, o := range rest {
		q := w.sequence(o.slot)
		if q == 0 || !slices.Contains(seen, q) {
			list = append(list, o)
			seen = append(seen, q)
		}
	}
	return list
}

// nodeOf is the node at which the event in slot i takes place, or none.
func (w *World) nodeOf(i int32) NodeID {
	s := &w.slots[i]
	switch {
	case s.kind == slotCall || s.kind == slotDrain:
		return none
	case s.target != none:
		return w.actors[s.target].node.id
	}
	return s.toNode
}

// sequence names the sequence in which the event in slot i is promised to keep its
// place; 0: none. What an actor is told by its own node (timers, disk, service) keeps its
// order too: clocks and disks do not overtake themselves.
func (w *World) sequence(i int32) uint64 {
	s := &w.slots[i]
	switch s.kind {
	case slotSend, slotReply:
		switch {
		case s.flags&flagFIFO == 0:
			return 0
		case s.link >= 0:
			return uint64(s.link)<<8 | uint64(s.class)<<2 | 1
		}
		return uint64(uint32(s.from))<<34 | uint64(uint32(s.target))<<2 | 2
	case slotFail:
		return 0
	case slotTicket:
		return uint64(s.toNode)<<2 | 3
	}
	return (uint64(uint32(s.target))<<2 | 3) ^ 1<<63
}
