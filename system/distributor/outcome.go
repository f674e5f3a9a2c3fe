package distributor

import (
	"slices"

	"weir/system/message"
	"weir/system/node"
)

// finish ends a packet that an analyser committed.
func (w *worker) finish(env node.Env, j *job, s *slot, attempt uint32, st message.Status) {
	j.packet.ID.Log(env.Log("done")).Uint("att", uint64(attempt)).Str("to", s.id).Str("st", st.String()).End()
	w.counts.done++
	s.tally.done++
	w.pace.answered.add(env.Now() - j.came)
	s.delivered += uint64(j.packet.Count())
	w.over(env, j, &over{out: message.Committed})
}

// giveUp gives a packet back to its emitter, which may try again: so the outcome
// is never definite.
func (w *worker) giveUp(env node.Env, j *job, why string) {
	j.packet.ID.Log(env.Log("gave_up")).Str("why", why).Bool("def", false).End()
	w.counts.gaveUp++
	w.measured.gaveUp[slices.Index(gaveUpWhy[:], why)]++
	w.over(env, j, &over{out: message.GaveUp, why: why})
}

// bury ends a packet that an analyser refused for good: it goes to the
// dead-letter file, and only then is the emitter told.
func (w *worker) bury(env node.Env, j *job, s *slot, why string) {
	// A conflict means that a packet of this id was committed, though not this one.
	definite := j.open == 0 && why != "conflict"
	j.packet.ID.Log(env.Log("dead")).Str("why", why).Bool("def", definite).Str("to", s.id).End()
	w.counts.dead++
	w.detach(j)
	w.dead.add(env, corpse{packet: j.packet, reply: j.reply, why: why, to: s.id, definite: definite})
	w.free(j)
}

// buried answers for a packet that is in the dead-letter file.
func (w *worker) buried(env node.Env, c *corpse) {
	answer(env, c.reply, &over{id: c.packet.ID, out: message.Poisoned, why: c.why, definite: c.definite})
}

// over ends a packet, wherever it is, and tells the ingress.
func (w *worker) over(env node.Env, j *job, m *over) {
	w.detach(j)
	m.id = j.packet.ID
	answer(env, j.reply, m)
	w.free(j)
}

// detach takes a packet out of what is in progress. A live flight of it keeps its
// place in the window until it lands.
func (w *worker) detach(j *job) {
	w.active--
	if w.active < 0 || j.state == jobOver || j.state == jobFresh {
		fail("%d active, packet in state %d", w.active, j.state)
	}
	switch j.state {
	case jobBackoff:
		w.later.remove(j)
	case jobBlocked:
		w.unplan(j)
	}
	for _, f := range j.flights {
		f.job = nil
		if !f.live {
			w.forget(f)
		}
	}
	clear(j.flights)
	j.flights = j.flights[:0]
}

// free reuses a packet's job; the queue of retries does so itself when it comes
// to one.
func (w *worker) free(j *job) {
	waits := j.state == jobDue
	j.state = jobOver
	if !waits {
		w.pools.freeJob(j)
	}
}

// endDrain gives back what is still in progress when DrainMax of a stop is over.
// What waits for the dead-letter file gets no answer: the emitter will submit it
// elsewhere.
func (w *worker) endDrain(env node.Env) {
	w.drained = true
	if w.blocked != nil {
		w.giveUp(env, w.blocked, "stopping")
	}
	for w.live.first != nil {
		f := w.live.first
		j := f.job
		w.land(f)
		env.Forget(f.token)
		if j != nil {
			w.giveUp(env, j, "stopping")
		} else {
			w.forget(f)
		}
	}
	for len(w.later) > 0 {
		w.giveUp(env, w.later[0], "stopping")
	}
	for _, q := range [...]*fifo[*job]{&w.due, &w.fresh} {
		for q.len() > 0 {
			j := q.pop()
			if j.state == jobOver {
				w.pools.freeJob(j)
				continue
			}
			j.state = jobTaken
			w.giveUp(env, j, "stopping")
		}
	}
	for _, c := range w.dead.abandon() {
		answer(env, c.reply, &over{id: c.packet.ID, silent: true})
	}
}
