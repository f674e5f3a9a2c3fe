package distributor

import (
	"weir/system/message"
	"weir/system/node"
	"weir/system/spool"
)

// expiring bounds the packets on their way to the dead letters at once.
const expiring = 64

// feed gives workers what they have room for: what is due again, then what waits, the
// oldest first. A packet that is on disk only is read back with its file.
func (g *ingress) feed(env node.Env) {
	s := g.spool
	for !g.stopping && len(g.open) < g.cfg.QueueItems {
		e := s.head(env)
		if e == nil || e.Packet == nil && !g.fill(env, e) {
			return
		}
		if s.expired(env, e) {
			if len(s.dead.waiting) >= expiring {
				return // goes on once some are durable
			}
			s.pop(e)
			s.dead.add(env, corpse{packet: e.Packet, why: "expired"})
			continue
		}
		if len(g.open) > 0 && g.bytes+e.Packet.Bytes > g.cfg.QueueBytes {
			return
		}
		if !g.admit(env, node.ReplyTo{}, &message.Submit{Packet: e.Packet, AckedBelow: s.sp.Low(e.ID)}) {
			s.again1.by(env, env.Now()+repushWait)
			return
		}
		s.pop(e)
	}
}

// head is the packet whose turn it is, nil if there is none now.
func (s *spooling) head(env node.Env) *spool.Entry {
	if s.again.len() > 0 {
		p := s.again.front()
		if p.at <= env.Now() {
			return p.entry
		}
		s.again1.by(env, p.at)
	}
	if s.queue.len() > 0 {
		return s.queue.front()
	}
	return nil
}

// pop takes out what head returned.
func (s *spooling) pop(e *spool.Entry) {
	if s.again.len() > 0 && s.again.front().entry == e {
		s.again.pop()
	} else {
		s.queue.pop()
	}
	if e.State == spool.Waiting {
		e.State = spool.Away
		s.resident -= e.Packet.Bytes
	}
}

// expired reports whether a packet is too old to be tried again.
func (s *spooling) expired(env node.Env, e *spool.Entry) bool {
	return s.cfg.Spool.Age > 0 && s.sp.Now(env.Now())-e.Stamp >= s.cfg.Spool.Age
}

// fill reads a packet back; it reports whether it is there now.
func (g *ingress) fill(env node.Env, e *spool.Entry) bool {
	s := g.spool
	if s.filling == 0 && s.retry.timer == 0 {
		s.filled = e
		s.filling = env.Disk().Read(e.File())
	}
	return false
}

// filled takes in a file that was read back. A packet that it does not hold any more was
// damaged on disk: it is lost, which is told and counted.
func (g *ingress) filled(env node.Env, ev *node.Event) {
	s, e := g.spool, g.spool.filled
	s.filled = nil
	if ev.Err != nil {
		s.retry.by(env, env.Now()+diskWait)
		return
	}
	s.resident += s.sp.Fill(e, ev.Data)
	if e.Packet == nil {
		s.counts.lost++
		s.unqueue(e)
		g.unspool(env, e, "damaged")
	}
}

// unqueue takes a packet out that is not in memory: it is at the front.
func (s *spooling) unqueue(e *spool.Entry) {
	if s.again.len() > 0 && s.again.front().entry == e {
		s.again.pop()
		return
	}
	assert(s.queue.front() == e, "packet %s was read back out of its turn", e.ID)
	s.queue.pop()
}

// returned takes back what a worker has done with.
func (g *ingress) returned(env node.Env, m *over) {
	s := g.spool
	k, _ := s.sp.Find(m.id)
	e := k.Entry
	assert(e != nil && e.State == spool.Away, "packet %s comes back and is not away", m.id)
	switch {
	case m.silent: // a stop: the next incarnation has it
	case m.out == message.Committed:
		g.unspool(env, e, "committed")
	case m.out == message.Poisoned:
		g.unspool(env, e, "dead")
	default:
		e.State = spool.Waiting
		s.keep(e)
		s.again.push(postponed{e, env.Now() + g.cfg.Spool.Retry})
	}
	g.spoolOn(env)
}

// spoolBuried goes on with a packet that expired and is among the dead letters.
func (g *ingress) spoolBuried(env node.Env, c *corpse) {
	k, _ := g.spool.sp.Find(c.packet.ID)
	assert(k.Entry != nil, "packet %s expired and is not held", c.packet.ID)
	g.spool.counts.expired++
	g.unspool(env, k.Entry, "expired")
}

// unspool ends a packet.
func (g *ingress) unspool(env node.Env, e *spool.Entry, why string) {
	e.ID.Log(env.Log("unspool")).Uint("no", e.Number).Str("why", why).End()
	g.spool.sp.End(e, map[string]spool.Ending{"committed": spool.Committed, "dead": spool.Dead, "expired": spool.Forgotten, "damaged": spool.Forgotten}[why])
}
