package distributor

import (
	"errors"
	"fmt"
	"slices"

	"weir/system/cluster"
	"weir/system/crdt"
	"weir/system/message"
	"weir/system/node"
)

// gossipTally is what the replica counts.
type gossipTally struct {
	sent     uint64 // parts sent
	merged   uint64 // deltas that told something
	refused  uint64 // deltas that were not taken
	tooLarge uint64 // deltas that were not sent
}

// gossiped takes a part of a peer's delta. What is whole waits its turn behind what is
// being persisted.
func (s *supervisor) gossiped(env node.Env, ev *node.Event, m *message.Gossip) {
	c := s.cluster
	if c == nil {
		answer(env, ev.ReplyTo, &message.GossipOK{Serial: m.Serial, Why: "no state is shared here"})
		return
	}
	from := news{from: ev.From, serial: m.Serial}
	i := slices.IndexFunc(c.links, func(l *link) bool { return l.name == ev.From.Node })
	switch {
	case i < 0:
		c.notTaken(env, ev.ReplyTo, &from, "stranger", fmt.Errorf("%q is no peer", ev.From.Node))
		return
	case !c.heard(env, i, ev.From.Inc):
		c.notTaken(env, ev.ReplyTo, &from, "stale", fmt.Errorf("incarnation %d of %s came later", c.view.Member(i).Inc, ev.From.Node))
		return
	}
	data, err := c.links[i].in.take(m)
	if err == nil && data != nil {
		from.delta, err = c.unpack(env, &from, data)
	}
	switch {
	case errors.Is(err, errPart):
		c.notTaken(env, ev.ReplyTo, &from, "part", err)
	case err != nil:
		c.notTaken(env, ev.ReplyTo, &from, newsWhy(err), err)
	case data == nil:
		answer(env, ev.ReplyTo, &message.GossipOK{Serial: m.Serial}) // the next part
	case len(s.control) >= controlsMost/2: // what is left is for documents
		c.notTaken(env, ev.ReplyTo, &from, "busy", errors.New("too much waits"))
	default:
		s.control = append(s.control, order{reply: ev.ReplyTo, delta: &from})
		s.nextOrder(env)
	}
}

// unpack joins the counts that came with a delta, if any, and returns the delta.
func (c *replica) unpack(env node.Env, from *news, data []byte) (crdt.Delta, error) {
	delta, counts, err := c.shared.unbundle(data)
	if err != nil {
		return crdt.Delta{}, err
	}
	d, err := crdt.Decode(delta)
	if err == nil {
		err = c.shared.merge(env, from, counts)
	}
	return d, err
}

// newsWhy is the log's word for why what came cannot be read, or its counts not joined.
func newsWhy(err error) string {
	if errors.Is(err, crdt.ErrInvalid) {
		return "form"
	}
	return mergeWhy(err)
}

// reported takes what the node's program says of a peer.
func (s *supervisor) reported(env node.Env, to node.ReplyTo, m *message.Membership) {
	answer(env, to, &message.ControlOK{OK: true})
	c := s.cluster
	if c == nil {
		return
	}
	view, ok := c.view.(*cluster.Reported)
	i := slices.IndexFunc(c.links, func(l *link) bool { return l.name == m.Node })
	if !ok || i < 0 {
		return // nobody watches here, or it is none of ours
	}
	before := view.Member(i).Inc
	if !view.Report(i, m.Inc, m.Alive) {
		return
	}
	if view.Member(i).Inc > before {
		c.links[i].anew()
	}
	c.logMember(env, i)
}

// merge joins a delta. What changes the table is in force once it is durable.
func (s *supervisor) merge(env node.Env, o order) {
	c, d := s.cluster, o.delta
	if s.stop.begun {
		c.notTaken(env, o.reply, d, "stopping", errors.New("stopping"))
		return
	}
	if d.delta.Entries() == 0 && !d.delta.Full() { // it says what its sender has seen
		c.took(env, o.reply, d)
		return
	}
	next := c.state.Clone()
	more, err := next.Merge(d.delta)
	if err == nil {
		err = checkCapacity(s.cfg.PacketMax, next.Len())
	}
	if err != nil {
		c.notTaken(env, o.reply, d, mergeWhy(err), err)
		return
	}
	if !more {
		c.took(env, o.reply, d)
		return
	}
	c.tally.merged++
	c.staged = &staged{state: next, from: "gossip", delta: d}
	t := tableOf(s.table.version+1, next)
	if !sameMembers(t, s.table) {
		s.install(env, t, o.reply)
		return
	}
	c.inForce(env, s.table.version) // no worker needs to know
	c.took(env, o.reply, d)
}

// merging reports whether what is staged came from a peer.
func (c *replica) merging() bool { return c != nil && c.staged != nil && c.staged.from == "gossip" }

// merged puts the table of a merge in force.
func (s *supervisor) merged(env node.Env, t *table, to node.ReplyTo) {
	d := s.cluster.staged.delta
	s.adopt(env, t, "gossip")
	s.cluster.took(env, to, d)
}

// unmerged takes that what is staged could not be saved, and reports whether it was a merge.
func (s *supervisor) unmerged(env node.Env, to node.ReplyTo, err error) bool {
	if s.cluster == nil {
		return false
	}
	st, merging := s.cluster.staged, s.cluster.merging()
	s.cluster.staged = nil
	if merging {
		s.cluster.notTaken(env, to, st.delta, "store", err)
	}
	return merging
}

func (c *replica) index(name string) int {
	i := slices.IndexFunc(c.links, func(l *link) bool { return l.name == name })
	assert(i >= 0, "a delta of %s, which is no peer", name)
	return i
}

// took answers a delta that is joined, and tells its sender in turn what it lacks, unless
// it said no more than before: then the next round does.
func (c *replica) took(env node.Env, to node.ReplyTo, d *news) {
	i := c.index(d.from.Node)
	l := c.links[i]
	before := l.said
	if c.view.Member(i).Inc == d.from.Inc {
		c.says(l, d.delta.Seen())
	}
	answer(env, to, &message.GossipOK{Serial: d.serial, Seen: c.seen()})
	if !l.said.Includes(c.state.Seen()) && !l.said.Equal(before) {
		c.tell(env, i)
	}
}

// seen is what this replica has seen, encoded.
func (c *replica) seen() []byte {
	data, err := c.state.Since(c.state.Seen()).Encode()
	assert(err == nil, "a vector within its limits: %v", err)
	return data
}

// notTaken logs and answers that a delta is not joined. What the sender lacks it may
// lack all the same.
func (c *replica) notTaken(env node.Env, to node.ReplyTo, d *news, word string, err error) {
	c.tally.refused++
	ln := env.Log("not_taken")
	if d.from.Node != "" {
		ln.Str("fr", d.from.Node).Uint("fi", uint64(d.from.Inc))
	}
	ln.Uint("ser", d.serial).Str("why", word).Cut("err", err.Error(), 512).End()
	m := &message.GossipOK{Serial: d.serial, Why: word}
	if c.state != nil && word != "stranger" {
		m.Seen = c.seen()
	}
	answer(env, to, m)
}

// mergeWhy is the log's word for why a delta cannot be joined.
func mergeWhy(err error) string {
	for _, w := range []struct {
		err  error
		word string
	}{{crdt.ErrGap, "gap"}, {crdt.ErrAhead, "ahead"}, {crdt.ErrForged, "forged"}, {crdt.ErrSuperseded, "superseded"}} {
		if errors.Is(err, w.err) {
			return w.word
		}
	}
	return "limit"
}

// collect drops the tombstones that all peers have seen that are not known to have
// failed. Those will be told the whole state.
func (c *replica) collect(env node.Env, version uint64) {
	if c.state.Tombstones() == 0 {
		return
	}
	var said []crdt.Vector
	for i, l := range c.links {
		if c.view.Live(i) {
			said = append(said, l.said)
		}
	}
	before := c.state.Tombstones()
	c.state.Collect(said)
	if c.state.Tombstones() < before {
		c.logState(env, version, "collect", nil)
	}
}
