package distributor

import (
	"weir/system/node"
)

// pump sends what can be sent: due retries first, as far as their budget allows,
// then first attempts in the order of arrival. It runs once at the end of each
// event.
func (w *worker) pump(env node.Env) {
	if w.view == nil || w.asking != 0 || !w.unblock(env) {
		return
	}
	if w.none {
		w.expireHold(env)
		return
	}
	if w.cfg.State == Shared {
		w.ask(env)
		return
	}
	for !w.none && w.blocked == nil {
		j := w.next(env)
		if j == nil {
			return
		}
		it := w.prepare(j)
		w.dispatch(env, j, &it, w.slots[w.choose.pick(env, w.view, &it, "")])
	}
}

// next takes the packet whose turn it is out of its queue, nil if none may go
// now. A retry counts against the budget from here on.
func (w *worker) next(env node.Env) *job {
	for w.due.len() > 0 {
		j := w.due.front()
		if j.state == jobOver { // a late receipt ended it while it waited here
			w.pools.freeJob(w.due.pop())
			continue
		}
		if w.retryRoom(env) {
			w.retrying++
			j.state = jobTaken
			return w.due.pop()
		}
		break
	}
	if w.fresh.len() == 0 {
		return nil
	}
	j := w.fresh.pop()
	j.state = jobTaken
	return j
}

// prepare begins a packet's next attempt. Once every eligible analyser was tried
// all may be tried again: the item then lists none.
func (w *worker) prepare(j *job) askItem {
	j.attempt++
	it := askItem{id: j.packet.ID, attempt: j.attempt, messages: j.packet.Count()}
	if !w.view.Exhausted(j.tried) {
		it.tried = j.tried
	}
	return it
}

// dispatch sends a packet to the analyser that was picked for it, or keeps it
// until there is room (OnFull Wait).
func (w *worker) dispatch(env node.Env, j *job, it *askItem, s *slot) {
	if len(it.tried) == 0 {
		j.tried = j.tried[:0]
	}
	j.try(s.id)
	s.tally.attempts++
	if j.attempt == 1 {
		s.tally.messages += uint64(j.packet.Count())
		s.decided += uint64(j.packet.Count())
		w.measured.wait.Add(env.Now() - j.since)
	}
	switch {
	case s.down: // State shared: an earlier packet of the same answer brought it down
		w.unplan(j)
		w.attemptFailed(env, j, s, env.Now(), whyDown)
	case s.inFlight < w.cfg.Window:
		w.send(env, j, s)
	default:
		assert(w.cfg.OnFull == Wait && w.blocked == nil, "packet %s was picked for %s, whose window is full", j.packet.ID, s.id)
		j.state, j.target = jobBlocked, s
		w.blocked = j
	}
}

// unblock sends the packet that waits for room once there is some, or fails its
// attempt if its analyser is no longer eligible. It reports whether no packet
// holds up the others.
func (w *worker) unblock(env node.Env) bool {
	j := w.blocked
	if j == nil {
		return true
	}
	switch s := j.target; {
	case !s.eligible():
		w.unplan(j)
		w.attemptFailed(env, j, s, env.Now(), whyDown)
	case s.inFlight < w.cfg.Window:
		w.blocked, j.target, j.state = nil, nil, jobTaken
		w.send(env, j, s)
	default:
		return false
	}
	return true
}

// unplan takes back that an attempt is about to be sent.
func (w *worker) unplan(j *job) {
	if w.blocked == j {
		w.blocked, j.target, j.state = nil, nil, jobTaken
	}
	if j.attempt > 1 {
		w.retrying--
	}
}

// batchMax bounds the packets of one request to the router.
const batchMax = 64

// ask asks the router where the next packets go: as many as certainly have room
// if all of them go to the same analyser.
func (w *worker) ask(env node.Env) {
	room := batchMax
	for k := range w.view.Eligible() {
		room = min(room, w.cfg.Window-w.slots[w.view.EligibleAt(k)].inFlight)
	}
	assert(len(w.batch) == 0, "%d packets are being asked about", len(w.batch))
	w.items = w.items[:0]
	for len(w.batch) < max(room, 1) { // OnFull Wait: one may be picked for a full one, and then blocks
		j := w.next(env)
		if j == nil {
			break
		}
		w.batch = append(w.batch, j)
		w.items = append(w.items, w.prepare(j))
	}
	if len(w.batch) == 0 {
		return
	}
	tok, err := env.Request(w.actor(env, Router), &ask{view: w.view, items: w.items})
	w.asking = tok
	if err != nil {
		w.unasked(env)
	}
}

// unasked puts back what could not be asked about, and tries again soon.
func (w *worker) unasked(env node.Env) {
	w.asking = 0
	for i := len(w.batch) - 1; i >= 0; i-- {
		j := w.batch[i]
		j.attempt--
		if j.attempt == 0 {
			j.state = jobFresh
			w.fresh.pushFront(j)
		} else {
			w.retrying--
			j.state = jobDue
			w.due.pushFront(j)
		}
	}
	w.batch = w.batch[:0]
	w.askAlarm.by(env, env.Now()+repushWait)
	w.replay(env)
}

// decided sends what the router decided, then handles what came meanwhile.
func (w *worker) decided(env node.Env, tok node.Token, m *told) {
	if tok != w.asking {
		return
	}
	assert(len(m.to) == len(w.batch), "%d decisions on %d packets", len(m.to), len(w.batch))
	w.asking = 0
	for i, j := range w.batch {
		w.dispatch(env, j, &w.items[i], w.slots[m.to[i]])
	}
	w.batch = w.batch[:0]
	w.replay(env)
}

// replay handles the events that came while the router decided.
func (w *worker) replay(env node.Env) {
	for i := range w.deferred {
		w.handle(env, &w.deferred[i])
	}
	clear(w.deferred)
	w.deferred = w.deferred[:0]
}

// expireHold gives up the packets that waited too long for an eligible analyser.
func (w *worker) expireHold(env node.Env) {
	for _, q := range [...]*fifo[*job]{&w.due, &w.fresh} {
		for q.len() > 0 {
			j := q.front()
			if j.state == jobOver {
				w.pools.freeJob(q.pop())
				continue
			}
			at := max(j.since, w.noneSince) + w.cfg.Hold
			if at > env.Now() {
				w.holdAlarm.by(env, at)
				break
			}
			q.pop()
			j.state = jobTaken
			w.giveUp(env, j, "no_analyser")
		}
	}
}
