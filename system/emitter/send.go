package emitter

import (
	"errors"
	"math/bits"
	"time"

	"weir/system/message"
	"weir/system/node"
)

// sender submits packets and submits them again.
type sender struct {
	due     retries
	overdue deadlines
	open    map[node.Token]uint64 // open submissions: the packet's sequence
	cursor  int                   // next distributor in turn
	avoid   []time.Duration       // per distributor: left aside until then
	submits uint64
}

// submit sends a packet to the next distributor, not the one that failed it last
// if there is another.
func (e *emitter) submit(env node.Env, seq uint64, h *held) {
	assert(h.state == live && h.token == 0, "only a live packet without an open submission is submitted")
	s := &e.send
	h.target = e.choose(env.Now(), h)
	h.tries++
	h.late = 0
	to := node.Addr{Node: e.cfg.Distributors[h.target], Actor: Ingress}
	tok, err := env.Request(to, &message.Submit{Packet: h.packet, AckedBelow: e.book.low})
	if err != nil {
		e.missed(env, h, "unsent")
		e.again(env, seq, h, 0)
		return
	}
	s.submits++
	h.token = tok
	s.open[tok] = seq
	s.overdue.push(deadline{env.Now() + e.cfg.SubmitTimeout, seq, tok})
}

// choose returns the distributor for a packet's next submission: round robin,
// past those that are left aside and the one tried last, as far as others remain.
func (e *emitter) choose(now time.Duration, h *held) int {
	s := &e.send
	n := len(s.avoid)
	if h.stay && s.avoid[h.target] <= now {
		return h.target
	}
	best, bestRank := -1, 0
	for k := 0; k < n; k++ {
		i := (s.cursor + k) % n
		rank := 0
		if s.avoid[i] > now {
			rank += 2
		}
		if h.tries > 0 && i == h.target {
			rank++
		}
		if best < 0 || rank < bestRank {
			best, bestRank = i, rank
		}
	}
	s.cursor = (best + 1) % n
	return best
}

// again schedules a packet's next submission after a wait that doubles with each
// one, and is at least least.
func (e *emitter) again(env node.Env, seq uint64, h *held, least time.Duration) {
	assert(h.token == 0, "a packet waits for one thing at a time")
	wait := e.cfg.BackoffMax
	if shift := h.tries - 1; shift < 32 && e.cfg.BackoffBase<<shift>>shift == e.cfg.BackoffBase {
		wait = min(wait, e.cfg.BackoffBase<<shift)
	}
	wait = max(wait, least)
	if e.cfg.JitterPPM > 0 {
		hi, lo := bits.Mul64(uint64(wait), uint64(e.cfg.JitterPPM))
		span, _ := bits.Div64(hi, lo, 1_000_000) // <= wait, for JitterPPM <= a million
		wait += time.Duration(env.Rand().Uint64N(2*span+1)) - time.Duration(span)
		wait = max(wait, least) // what was asked for is waited in full
	}
	e.send.due.push(retry{env.Now() + wait, seq, h.tries})
}

// failed handles a submission that the world says did not work.
func (e *emitter) failed(env node.Env, ev *node.Event) {
	seq, ok := e.send.open[ev.Token]
	if !ok {
		return
	}
	delete(e.send.open, ev.Token)
	h := e.book.find(seq)
	if h == nil || h.token != ev.Token {
		return
	}
	h.token, h.late = 0, ev.Token // an answer may be under way still
	if h.state != live {
		return
	}
	e.missed(env, h, node.Reason(ev.Err))
	if !errors.Is(ev.Err, node.ErrFull) {
		e.send.avoid[h.target] = env.Now() + e.cfg.AvoidFor
	}
	e.again(env, seq, h, 0)
}

// missed tells that the newest submission of a live packet did not work.
func (e *emitter) missed(env node.Env, h *held, why string) {
	h.stay = false
	h.packet.ID.Log(env.Log("submit_failed")).Str("to", e.cfg.Distributors[h.target]).Str("why", why).End()
}

// timeouts ends the submissions whose answers are overdue.
func (e *emitter) timeouts(env node.Env) {
	s := &e.send
	for d := s.overdue.front(); d != nil; d = s.overdue.front() {
		_, open := s.open[d.tok]
		if open && d.at > env.Now() {
			return
		}
		if open {
			delete(s.open, d.tok)
			env.Forget(d.tok)
			if h := e.book.find(d.seq); h != nil && h.token == d.tok {
				h.token, h.late = 0, d.tok
				if h.state == live {
					e.missed(env, h, "timeout")
					s.avoid[h.target] = env.Now() + e.cfg.AvoidFor
					e.again(env, d.seq, h, 0)
				}
			}
		}
		s.overdue.pop()
	}
}

// resubmit submits the packets whose wait is over.
func (e *emitter) resubmit(env node.Env) {
	s := &e.send
	for len(s.due) > 0 && s.due[0].at <= env.Now() {
		r := s.due.pop()
		h := e.book.find(r.seq)
		switch {
		case h == nil || h.state != live || h.token != 0 || h.tries != r.tries:
		case h.notBefore > env.Now():
			s.due.push(retry{h.notBefore, r.seq, r.tries})
		default:
			e.submit(env, r.seq, h)
		}
	}
}

// result handles the answer to a submission. The answer to an older one counts
// too if it says how the packet ended.
func (e *emitter) result(env node.Env, ev *node.Event, r *message.Result) {
	seq, open := e.send.open[ev.Token]
	delete(e.send.open, ev.Token)
	if r.ID.Source != e.name || r.ID.Inc != e.idInc || open && seq != r.ID.Seq {
		// The answer to something else: whoever gave it did not take this packet.
		if h := e.book.find(seq); open && h != nil && h.state == live && h.token == ev.Token {
			h.token = 0
			e.again(env, seq, h, 0)
		}
		return
	}
	h := e.book.find(r.ID.Seq)
	if h != nil && h.state == decided && h.out.out == expired && e.taken(r.Out) {
		h.out = promised(r.Out) // nobody was told yet that it had expired
	}
	if h == nil || h.state != live {
		return
	}
	newest := h.token == ev.Token
	if newest {
		h.token = 0
		e.send.avoid[h.target] = 0
	}
	switch {
	case e.taken(r.Out):
		e.decide(env, r.ID.Seq, h, promised(r.Out))
	case r.Out == message.Poisoned:
		e.decide(env, r.ID.Seq, h, outcome{out: rejected, why: "poison", def: r.Definite})
	case newest:
		h.stay = r.Out == message.Spooled
		e.again(env, r.ID.Seq, h, r.Wait)
	case ev.Token == h.late: // its next submission is planned; whoever is late has a reason to ask for time
		h.late, h.notBefore = 0, env.Now()+r.Wait
	}
}
