package emitter

import (
	"weir/system/message"
	"weir/system/node"
)

// verdict is how a packet ended.
type verdict uint8

const (
	acked    verdict = iota // an analyser, or the distributor's spool, has it on disk and synced
	rejected                // no analyser will take it
	expired                 // it grew older than the horizon
	verdicts
)

var verdictNames = [verdicts]string{"acked", "rejected", "expired"}

// outcome is a verdict with its reason.
type outcome struct {
	out verdict
	why string
	def bool // rejected: it cannot be committed any more
}

// taken reports whether a result says that somebody has taken a packet over for good. A
// spool's word is enough only from an emitter's one distributor, through which everything
// goes that analysers are told of this source: another one would pass on AckedBelow, and
// analysers would take what the spool has yet to send for settled.
func (e *emitter) taken(out message.Outcome) bool {
	return out == message.Committed || out == message.Spooled && len(e.cfg.Distributors) == 1
}

// promised is the outcome of a packet that somebody has taken over: an analyser, or the
// distributor itself.
func promised(by message.Outcome) outcome {
	if by == message.Spooled {
		return outcome{out: acked, why: "spooled"}
	}
	return outcome{out: acked}
}

// emit tells that a packet exists, and submits it.
func (e *emitter) emit(env node.Env, seq uint64, h *held) {
	assert(h.state == live, "a packet is emitted when nothing holds it back")
	p := h.packet
	e.emitted++
	e.measured.messages += uint64(len(p.Entries))
	h.born = env.Now()
	ln := p.ID.Log(env.Log("emit")).Int("n", int64(len(p.Entries))).Int("b", int64(p.Bytes)).Hex32("h", p.Hash)
	if e.meter != nil && ln.Kept() {
		ln.Hex64("dg", e.meter.Packet(p).Sum())
	}
	ln.End()
	e.submit(env, seq, h)
}

// decide gives a packet its outcome: at once if its id dies with this
// incarnation, once it is durable otherwise.
func (e *emitter) decide(env node.Env, seq uint64, h *held, o outcome) {
	assert(h.state == live, "a packet gets its outcome once")
	if h.token != 0 {
		delete(e.send.open, h.token)
		env.Forget(h.token)
		h.token = 0
	}
	if e.in != nil {
		h.state, h.out = decided, o
		e.in.decided(env, seq)
		return
	}
	e.conclude(env, seq, h.packet.ID, o)
}

// conclude tells a packet's outcome and forgets the packet.
func (e *emitter) conclude(env node.Env, seq uint64, id message.ID, o outcome) {
	ln := id.Log(env.Log("outcome")).Str("out", verdictNames[o.out])
	if o.why != "" {
		ln.Str("why", o.why)
	}
	if o.out == rejected {
		ln.Bool("def", o.def)
	}
	ln.End()
	e.ended[o.out]++
	if h := e.book.find(seq); o.out == acked && h != nil {
		e.measured.toAck.Add(env.Now() - h.born)
	}
	e.book.release(seq)
}

// expire ends the packets that are older than the horizon. They are born in the
// order of their sequences, so only the oldest need a look.
func (e *emitter) expire(env node.Env) {
	if e.cfg.Horizon == 0 || e.stopping {
		return // an orderly stop expires nothing
	}
	for seq := e.oldest(); seq < e.book.next; seq++ {
		h := e.book.find(seq)
		if h == nil || h.state == decided {
			continue
		}
		if h.state == cutting || env.Now()-h.born < e.cfg.Horizon {
			return
		}
		e.decide(env, seq, h, outcome{out: expired, why: "horizon"})
	}
}

// oldest returns the oldest sequence that may still expire. It only moves up, so
// that looking again costs nothing.
func (e *emitter) oldest() uint64 {
	e.young = max(e.young, e.book.low)
	for e.young < e.book.next {
		h := e.book.find(e.young)
		if h != nil && h.state != decided {
			break
		}
		e.young++
	}
	return e.young
}
