package distributor

import (
	"strconv"

	"weir/system/message"
	"weir/system/node"
	"weir/system/spool"
)

// write begins an append, if none is under way and there is something to write: all that
// waits shares one sync, and what is over is noted with it. Without packets, what is over
// is noted after a while, and needs no sync: a packet that is sent once more is recognised.
func (g *ingress) write(env node.Env) {
	s := g.spool
	fresh := s.waiting.len() > 0
	if s.appending != 0 || !fresh && !g.marksDue(env) {
		return
	}
	b, ok := s.sp.Start(fresh)
	if !ok {
		g.turnAway(env, "spool_full")
		return
	}
	now := s.sp.Now(env.Now())
	for s.waiting.len() > 0 && (len(b.Entries) == 0 || len(b.Data)+s.waiting.front().entry.Packet.Bytes <= batchBytes) {
		s.sp.Add(b, s.waiting.pop().entry, now)
	}
	s.batch = b
	s.appending = env.Disk().Append(b.File, b.Data, len(b.Entries) > 0)
	if n := len(b.Entries); n > 0 {
		env.Log("flush").Uint("no", b.Entries[n-1].Number).Uint("op", uint64(s.appending)).End()
	}
}

// marksDue reports whether what is over is to be noted now.
func (g *ingress) marksDue(env node.Env) bool {
	s := g.spool
	n := s.sp.Marks()
	switch {
	case n == 0 || s.retry.timer != 0:
		return false
	case n >= marksMany || g.stopping:
		return true
	case s.marks.timer == 0 && s.marks.at != 0 && env.Now() >= s.marks.at:
		s.marks.at = 0
		return true
	}
	s.marks.by(env, env.Now()+marksWait)
	return false
}

// written goes on after an append: who submitted is told what became of it.
func (g *ingress) written(env node.Env, err error) {
	s, b := g.spool, g.spool.batch
	s.batch = nil
	if err != nil {
		s.sp.Failed(b)
		for _, e := range b.Entries {
			g.turn(env, e, diskWhy(err))
		}
		s.retry.by(env, env.Now()+diskWait)
		return
	}
	s.sp.Written(b)
	for _, e := range b.Entries {
		o := s.settle(e)
		s.counts.spooled++
		s.queue.push(e)
		s.keep(e)
		o.who.answer(env, &message.Result{ID: e.ID, Out: message.Spooled, Wait: g.cfg.RefuseWait})
	}
}

// settle ends an offer.
func (s *spooling) settle(e *spool.Entry) *offer {
	o := s.offers[e.ID]
	delete(s.offers, e.ID)
	s.bytes -= e.Packet.Bytes
	return o
}

// turn refuses a packet that could not be written.
func (g *ingress) turn(env node.Env, e *spool.Entry, why string) {
	o := g.spool.settle(e)
	g.spool.sp.Withdraw(e)
	g.refuse(env, o.who.reply, e.Packet, why)
	for _, to := range o.who.others {
		answer(env, to, &message.Result{ID: e.ID, Out: message.RefusedSubmit, Why: why, Wait: g.cfg.RefuseWait})
	}
}

// turnAway refuses all that waits to be written.
func (g *ingress) turnAway(env node.Env, why string) {
	for g.spool.waiting.len() > 0 {
		g.turn(env, g.spool.waiting.pop().entry, why)
	}
}

// keep leaves a waiting packet in memory if there is room for it.
func (s *spooling) keep(e *spool.Entry) {
	if s.resident+e.Packet.Bytes > s.cfg.QueueBytes {
		e.Packet = nil
		return
	}
	s.resident += e.Packet.Bytes
}

// spoolIdle reports whether a stop need not wait for the spool.
func (s *spooling) idle() bool {
	return s == nil || !s.ready || s.appending == 0 && s.waiting.len() == 0 && (s.sp.Marks() == 0 || s.retry.timer != 0) &&
		(len(s.dead.waiting) == 0 || s.dead.token == 0)
}

// appendRange adds a range of numbers to a list.
func appendRange(text string, r spool.Range) string {
	if len(text) > 0 {
		text += ","
	}
	text += strconv.FormatUint(r.From, 10)
	if r.To > r.From {
		text += "-" + strconv.FormatUint(r.To, 10)
	}
	return text
}
