package proxy

import (
	"fmt"
	"time"

	"weir/faults"
)

// way is one of the two directions.
type way uint8

const (
	toTarget way = iota
	toClient
)

// Lane is one direction of a link. All verbs may be repeated; their states are not counted.
type Lane struct {
	link *Link
	way  way
	// The link's mu guards the rest.
	cut, held bool
	refused   bool
	impair    faults.Impairment
	free      time.Time // when the rate lets the next piece begin
}

// Cut swallows what waits and what comes.
func (n *Lane) Cut() {
	n.link.mu.Lock()
	defer n.link.mu.Unlock()
	n.cut = true
	for _, c := range n.link.conns {
		p := c.pumps[n.way]
		p.swallowQueue()
		p.kick()
	}
}

// Heal ends a cut: connections that lost anything in this lane are reset at both ends.
func (n *Lane) Heal() {
	n.link.mu.Lock()
	defer n.link.mu.Unlock()
	n.cut = false
	for _, c := range append([]*conn(nil), n.link.conns...) {
		if p := c.pumps[n.way]; p.lost {
			c.kill()
		} else {
			p.kick()
		}
	}
}

// Hold lets bytes wait.
func (n *Lane) Hold() { n.change(func() { n.held = true }) }

// Release lets them go on.
func (n *Lane) Release() { n.change(func() { n.held = false }) }

// Impair sets what the lane does to bytes; it replaces an earlier impairment. Error: it asks for loss, duplication
// or reordering (wraps faults.ErrNotApplicable).
func (n *Lane) Impair(m faults.Impairment) error {
	if m.LossPPM != 0 || m.DuplicatePPM != 0 || m.ReorderPPM != 0 {
		return fmt.Errorf("proxy: link %s: impair %s: %w: inside a byte stream nothing is lost, doubled or overtaken",
			n.link.cfg.Name, m, faults.ErrNotApplicable)
	}
	n.change(func() { n.set(m) })
	return nil
}

// Mend ends an impairment.
func (n *Lane) Mend() { n.change(func() { n.set(faults.Impairment{}) }) }

// Reset resets the connections that the lane is a direction of: those of its link.
func (n *Lane) Reset() { n.link.Reset() }

// Refuse resets them and closes the port.
func (n *Lane) Refuse() {
	n.link.mu.Lock()
	defer n.link.mu.Unlock()
	n.refused = true
	n.link.shut()
	n.link.breakAll()
}

// Accept ends this lane's Refuse. The port opens once neither lane nor link refuses. Errors: those of [Link.Accept].
func (n *Lane) Accept() error {
	n.link.mu.Lock()
	defer n.link.mu.Unlock()
	n.refused = false
	return n.link.open()
}

// Truncate lets every connection that is open now pass at most so many more bytes in the given time, and resets it
// then; 0 bytes or no time: at once.
func (n *Lane) Truncate(bytes int, within time.Duration) {
	assert(bytes >= 0 && within >= 0, "truncate after %d bytes or %v", bytes, within)
	n.link.mu.Lock()
	defer n.link.mu.Unlock()
	for _, c := range append([]*conn(nil), n.link.conns...) {
		p := c.pumps[n.way]
		p.truncate, p.left, p.last = true, bytes, time.Now().Add(within)
		p.kick()
		if bytes == 0 || within == 0 || p.done {
			c.kill()
		}
	}
}

func (n *Lane) change(set func()) {
	n.link.mu.Lock()
	defer n.link.mu.Unlock()
	set()
	for _, c := range n.link.conns {
		c.pumps[n.way].kick()
	}
}

// set replaces the impairment. What waits under the old one goes at once, still in order.
func (n *Lane) set(m faults.Impairment) {
	n.impair, n.free = m, time.Time{}
	for _, c := range n.link.conns {
		p := c.pumps[n.way]
		for i := range p.queue {
			p.queue[i].due = time.Time{}
		}
	}
}

const (
	pieceMax  = 32 << 10 // bytes of one read
	pieceMin  = 256
	perSecond = 50 // pieces a second under a rate, so that it flows evenly
)

// piece is how much to read at once.
func (n *Lane) piece() int {
	if n.impair.Rate == 0 {
		return pieceMax
	}
	return int(min(max(n.impair.Rate/perSecond, pieceMin), pieceMax))
}

// room is how many bytes may be in flight on a connection. Under a rate it is what the lane carries within its delay
// and a quarter of a second, so that a slow lane does not hide a megabyte from its sender.
func (n *Lane) room() int {
	room := n.link.cfg.Buffer
	if n.impair.Rate != 0 {
		span := (n.impair.Delay + n.impair.Jitter + time.Second/4).Seconds()
		room = int(min(float64(room), max(span*float64(n.impair.Rate), 4*pieceMin)))
	}
	return room
}

// due says when a piece of so many bytes that came now leaves the lane. After rate comes the way, as on a real
// link.
func (n *Lane) due(now time.Time, bytes int, jitter func(int64) int64) time.Time {
	at := now
	if n.impair.Rate != 0 {
		if n.free.After(at) {
			at = n.free
		}
		at = at.Add(time.Duration(float64(bytes) / float64(n.impair.Rate) * float64(time.Second)))
		n.free = at
	}
	at = at.Add(n.impair.Delay)
	if n.impair.Jitter != 0 {
		at = at.Add(time.Duration(jitter(int64(n.impair.Jitter) + 1)))
	}
	return at
}
