package lease

import "weir/sim"

// store keeps the counter. It never fails; everything around it does.
type store struct {
	design Design
	log    *recorder
	value  uint64
	token  uint64 // the newest lease that it has seen
	seq    uint64 // the last write under it
}

// Handle is the store's state machine.
func (s *store) Handle(c *sim.Ctx, ev *sim.Event) {
	switch ev.Kind {
	case sim.Delivered:
		switch m := ev.Msg.(type) {
		case read:
			if s.design.FenceReads && !s.admit(m.token) {
				answer(c, ev.ReplyTo, refused{})
				return
			}
			answer(c, ev.ReplyTo, value{s.value})
		case write:
			s.write(c, ev, m)
		}
	case sim.Stopping:
		c.Exit()
	}
}

// admit says whether a lease is the newest so far, and shuts out those before it.
func (s *store) admit(token uint64) bool {
	if token > s.token {
		s.token, s.seq = token, 0
	}
	return token == s.token
}

func (s *store) write(c *sim.Ctx, ev *sim.Event, m write) {
	if s.design.FenceWrites && !s.admit(m.token) {
		answer(c, ev.ReplyTo, refused{})
		return
	}
	if s.design.NumberWrites && m.seq <= s.seq {
		if m.seq == s.seq { // the same again: it is done
			answer(c, ev.ReplyTo, done{})
		}
		return
	}
	s.value, s.seq = m.n, m.seq
	s.log.note(c, Record{Kind: Written, Client: s.log.name(ev.From.Node), Token: m.token, Seq: m.seq, Value: m.n})
	answer(c, ev.ReplyTo, done{})
}
