package lease

import (
	"time"

	"weir/sim"
)

// client adds to the counter: it takes a lease, reads and writes a few times, gives the
// lease back, rests, and begins again. It has one request open at most.
type client struct {
	log         *recorder
	lock, store sim.Addr

	pending sim.Token   // the open request; 0: resting
	timer   sim.TimerID // ends the rest, or the patience
	asked   time.Duration
	token   uint64        // the lease
	until   time.Duration // it may be used, by this node's clock
	left    int           // increments to make under it
	seq     uint64        // writes made under it
	n       uint64        // the value being written
}

// Handle is the client's state machine.
func (k *client) Handle(c *sim.Ctx, ev *sim.Event) {
	switch {
	case ev.Kind == sim.Started:
		k.rest(c)
	case ev.Kind == sim.Stopping:
		c.Exit()
	case ev.Kind == sim.TimerFired && ev.Timer == k.timer:
		if k.pending != 0 { // no answer: whether it was done is not known
			k.rest(c)
			return
		}
		k.asked = c.Now()
		k.ask(c, k.lock, acquire{})
	case ev.Kind == sim.Failed && ev.Token == k.pending:
		k.rest(c)
	case ev.Kind == sim.Replied && ev.Token == k.pending:
		k.answered(c, ev.Msg)
	}
}

func (k *client) answered(c *sim.Ctx, m any) {
	switch m := m.(type) {
	case granted:
		k.token, k.until, k.seq = m.token, k.asked+useTime, 0
		k.left = 1 + c.Rand().IntN(4)
		k.next(c)
	case value:
		if c.Now() >= k.until { // the lease may be another's by now
			k.rest(c)
			return
		}
		k.n = m.n + 1
		k.seq++
		k.ask(c, k.store, write{k.token, k.seq, k.n})
	case done:
		k.log.note(c, Record{Kind: Acked, Client: k.log.name(c.Self().Node), Token: k.token, Seq: k.seq, Value: k.n})
		k.left--
		k.next(c)
	default: // busy, refused
		k.rest(c)
	}
}

// next begins another increment, or gives the lease back.
func (k *client) next(c *sim.Ctx) {
	switch {
	case k.left == 0:
		_, _ = c.Send(k.lock, classRequest, size, release{k.token}) // lost, it ends by itself
		k.rest(c)
	case c.Now() >= k.until:
		k.rest(c)
	default:
		k.ask(c, k.store, read{k.token})
	}
}

// ask sends a request and waits for its answer.
func (k *client) ask(c *sim.Ctx, to sim.Addr, m any) {
	tok, err := c.Request(to, classRequest, size, m)
	if err != nil {
		k.rest(c)
		return
	}
	k.pending = tok
	k.wake(c, patience)
}

// rest forgets what is open and waits a while.
func (k *client) rest(c *sim.Ctx) {
	if k.pending != 0 {
		c.Forget(k.pending)
	}
	k.pending = 0
	k.wake(c, time.Duration(1+c.Rand().Int64N(int64(restMax))))
}

func (k *client) wake(c *sim.Ctx, d time.Duration) {
	c.Cancel(k.timer)
	k.timer = c.After(d, 0)
}
