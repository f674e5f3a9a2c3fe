package distributor

import (
	"errors"
	"time"

	"weir/system/cluster"
	"weir/system/crdt"
	"weir/system/message"
	"weir/system/node"
)

// deltaMost is the largest delta that is sent or taken, in bytes: more than the state of
// 4096 analysers and as many that were removed.
const deltaMost = 4 << 20

// link is what goes to and comes from one peer.
type link struct {
	name  string
	said  crdt.Vector // what it said it has seen, in its newest incarnation
	knows bool        // it said anything
	out   *outgoing   // nil: nothing is under way
	again bool        // send again once it is not
	in    incoming
}

// outgoing is a delta on its way to a peer, in parts one after the other.
type outgoing struct {
	serial uint64
	data   []byte
	off    int // of the part under way
	size   int // of it
	token  node.Token
	until  time.Duration
	said   crdt.Vector // of the peer, when it was made
}

// news is a delta that came whole.
type news struct {
	from   node.Addr
	serial uint64
	delta  crdt.Delta
}

// tellAll tells each peer that is not known to have failed what it lacks.
func (c *replica) tellAll(env node.Env) {
	for i := range c.links {
		if c.view.Live(i) {
			c.tell(env, i)
		}
	}
}

// tell sends a peer what it lacks, as far as it said what it has; else what it needs to
// say so. While something is under way it does so afterwards.
func (c *replica) tell(env node.Env, i int) {
	l := c.links[i]
	if l.out != nil {
		l.again = true
		return
	}
	base := c.state.Seen()
	if l.knows {
		base = l.said
	}
	data, err := c.state.Since(base).Encode()
	if err != nil || len(data) > deltaMost {
		c.tally.tooLarge++ // beyond what any table within its limits has
		return
	}
	data = c.shared.bundle(data)
	c.serial++
	l.out, l.again = &outgoing{serial: c.serial, data: data, said: l.said}, false
	c.part(env, l)
}

// part sends the next part of what is under way.
func (c *replica) part(env node.Env, l *link) {
	o := l.out
	o.size = min(len(o.data)-o.off, c.cfg.PartBytes)
	m := &message.Gossip{Serial: o.serial, Offset: uint32(o.off), Total: uint32(len(o.data)), Data: o.data[o.off : o.off+o.size]}
	tok, err := env.Request(node.Addr{Node: l.name, Actor: Supervisor}, m)
	if err != nil {
		l.out, l.again = nil, true
		return
	}
	c.tally.sent++
	o.token, o.until = tok, env.Now()+c.cfg.Timeout
	c.late.by(env, o.until)
}

// under returns the link whose part is under way with that token, -1 if none.
func (c *replica) under(tok node.Token) int {
	for i, l := range c.links {
		if l.out != nil && l.out.token == tok {
			return i
		}
	}
	return -1
}

// failed takes that a part was not handled; the next round tries again.
func (c *replica) failed(tok node.Token) {
	if c == nil {
		return
	}
	if i := c.under(tok); i >= 0 {
		c.links[i].out = nil
		c.links[i].again = c.links[i].again || c.view.Live(i)
	}
}

// overdue gives up the parts that were not answered in time.
func (c *replica) overdue(env node.Env) {
	for _, l := range c.links {
		switch {
		case l.out == nil:
		case l.out.until <= env.Now():
			env.Forget(l.out.token)
			c.failed(l.out.token)
		default:
			c.late.by(env, l.out.until)
		}
	}
}

// answered takes a peer's answer: the next part, or what the peer has seen now.
func (c *replica) answered(env node.Env, ev *node.Event, m *message.GossipOK) {
	if c == nil {
		return
	}
	i := c.under(ev.Token)
	if i < 0 || !c.heard(env, i, ev.From.Inc) {
		c.failed(ev.Token)
		return
	}
	l, o := c.links[i], c.links[i].out
	if m.Serial == o.serial && m.Why == "" && len(m.Seen) == 0 && o.off+o.size < len(o.data) {
		o.off += o.size
		c.part(env, l)
		return
	}
	l.out = nil
	d, err := crdt.Decode(m.Seen)
	if err != nil || d.Full() || d.Entries() > 0 {
		return // it tells nothing, or is none of ours
	}
	c.says(l, d.Seen())
	// An answer that tells nothing new must not be answered: the next round tries again.
	if l.again || !l.said.Includes(c.state.Seen()) && !l.said.Equal(o.said) {
		c.tell(env, i)
	}
}

// says takes what a peer said it has seen: in one incarnation that only grows.
func (c *replica) says(l *link, seen crdt.Vector) {
	if len(seen) > crdt.SitesMax {
		return
	}
	l.said, l.knows = l.said.Join(seen), true
}

// heard takes a word of a peer and reports whether it means anything: one of an older
// incarnation does not.
func (c *replica) heard(env node.Env, i int, inc uint32) bool {
	before := c.view.Member(i).Inc
	changed, stale := c.view.Heard(i, inc, env.Now())
	if stale {
		return false
	}
	if inc > before {
		c.links[i].anew()
	}
	if changed {
		c.logMember(env, i)
	}
	return true
}

// anew forgets what an earlier incarnation of the peer said.
func (l *link) anew() { l.said, l.knows, l.in = nil, false, incoming{} }

func (c *replica) logMember(env node.Env, i int) {
	m := c.view.Member(i)
	env.Log("member").Str("node", m.Name).Str("to", m.Status.String()).Uint("inc", uint64(m.Inc)).End()
}

// turn is a round: who is next of those that are there is told what it lacks, who is next
// of the others is asked, and whom the last rounds did not reach is tried again.
func (c *replica) turn(env node.Env, version uint64) {
	now, wait := env.Now(), cluster.Wait(env.Rand(), c.cfg.Interval)
	if now-c.last > c.cfg.Interval+c.cfg.Suspect/2 {
		c.view.Excuse(now) // it is this node that was away
	}
	c.last = now
	c.view.Tick(now, func(i int) { c.logMember(env, i) })
	c.collect(env, version)
	n := len(c.links)
	lost := func(i int) bool { return !c.view.Live(i) }
	for range cluster.Fanout(n) {
		if i, ok := c.live.Next(env.Rand(), n, c.view.Live); ok {
			c.tell(env, i)
		}
		if i, ok := c.lost.Next(env.Rand(), n, lost); ok {
			c.tell(env, i)
		}
	}
	for i, l := range c.links {
		if l.again && l.out == nil {
			c.tell(env, i)
		}
	}
	c.round.by(env, now+wait)
}

// unset clears the alarm that went off.
func (c *replica) unset(ev *node.Event) {
	if c != nil {
		c.round.fired(ev)
		c.late.fired(ev)
	}
}

// incoming is what is there of a delta that a peer tells in parts.
type incoming struct {
	serial uint64
	total  uint32
	data   []byte
}

var errPart = errors.New("parts are missing before this one")

// take adds a part and returns the delta once it is whole. A part that was there before
// changes nothing.
func (in *incoming) take(m *message.Gossip) (whole []byte, err error) {
	switch {
	case m.Total == 0 || m.Total > deltaMost || len(m.Data) == 0 || uint64(m.Offset)+uint64(len(m.Data)) > uint64(m.Total):
		return nil, crdt.ErrInvalid
	case m.Offset == 0 && len(m.Data) == int(m.Total):
		return m.Data, nil
	case m.Offset == 0:
		*in = incoming{serial: m.Serial, total: m.Total}
	case m.Serial != in.serial || m.Total != in.total || int(m.Offset) > len(in.data):
		return nil, errPart
	case int(m.Offset) < len(in.data):
		return nil, nil
	}
	in.data = append(in.data, m.Data...)
	if len(in.data) < int(in.total) {
		return nil, nil
	}
	whole = in.data
	*in = incoming{}
	return whole, nil
}

// samples appends what the replica measures.
func (c *replica) samples(out []node.Sample) []node.Sample {
	if c == nil {
		return out
	}
	out = append(out,
		node.Count("gossip_parts", "", c.tally.sent), node.Count("gossip_merged", "", c.tally.merged),
		node.Count("gossip_refused", "", c.tally.refused))
	var members [cluster.Failed + 1]uint64
	for i := range c.links {
		members[c.view.Member(i).Status]++
	}
	for status, n := range members {
		out = append(out, node.Count("members", cluster.Status(status).String(), n))
	}
	if c.state != nil {
		out = append(out, node.Level("tombstones", "", c.state.Tombstones()))
	}
	return c.shared.samples(out)
}
