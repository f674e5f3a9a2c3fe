package emitter

import (
	"fmt"
	"time"

	"weir/system/message"
	"weir/system/node"
)

// inputs reads log files into packets whose cuts are durable.
type inputs struct {
	cfg    *Config
	feeds  []*feed // of cfg.Inputs
	byKey  map[uint64]*feed
	finite int       // every feed before it is read to its end, or grows
	grows  []*feed   // those that grow
	turn   int       // which of grows is looked at first
	known  []reached // inputs of earlier incarnations that are configured no more
	disk   journal
	past   []note // packets of earlier incarnations that are still to be taken up
	cuts   []note // of the packets that are held, and of some before them; ascending
	freed  uint64 // every packet below it was told as released

	stopping bool          // only what is in memory is read on
	ended    bool          // no more reading
	credit   int64         // pace: messages that may be read now, times a second
	paced    time.Duration // pace: when credit was last counted
}

func newInputs(cfg *Config) *inputs {
	in := &inputs{cfg: cfg, byKey: map[uint64]*feed{}}
	again := map[string]int{}
	for i := range cfg.Inputs {
		f := newFeed(&cfg.Inputs[i], again[cfg.Inputs[i].Name], &cfg.Lines)
		again[cfg.Inputs[i].Name]++
		in.feeds = append(in.feeds, f)
		in.byKey[f.key] = f
		if f.in.Grows {
			in.grows = append(in.grows, f)
		}
	}
	return in
}

func (in *inputs) start(env node.Env) {
	in.paced = env.Now()
	in.disk.load(env)
}

// over reports whether no further packet will come.
func (in *inputs) over() bool {
	return in.disk.ready && in.ended && len(in.past) == 0 && in.disk.idle()
}

// loaded takes in what the journal says of earlier incarnations.
func (in *inputs) loaded(env node.Env, e *emitter, b []byte) {
	p := replay(b)
	for _, r := range p.inputs {
		switch f := in.byKey[r.input]; {
		case f == nil && len(in.known) < inputsMax:
			in.known = append(in.known, r)
		case f != nil && !f.in.Forgets:
			f.at, f.done = r.at, r.done && !f.in.Grows
			in.shorter(env, f)
		}
	}
	e.book = *newBook(p.low)
	e.young = p.low
	in.disk.next = p.next
	if p.damaged || p.missing > 0 {
		in.disk.next += spanMost // past every id that may have been used
		in.complain(env, fileJournal, fmt.Sprintf("journal damaged: %d packets are not known", p.missing))
	}
	for _, c := range p.cuts {
		switch f := in.byKey[c.input]; {
		case f == nil:
			in.complain(env, fileJournal, fmt.Sprintf("packet %d is of an input that is not configured any more", c.seq))
			in.back(c)
		case f.in.Forgets:
			in.complain(env, f.in.Name, fmt.Sprintf("packet %d, of %d messages, is lost: it was in memory only", c.seq, c.n))
		default:
			in.past = append(in.past, c)
		}
	}
	in.cuts = append(in.cuts, in.past...)
}

// shorter handles that an input lost what an earlier incarnation read of it.
func (in *inputs) shorter(env node.Env, f *feed) {
	if f.in.Had == nil || f.in.Had() >= f.at.offset {
		return
	}
	in.complain(env, f.in.Name, fmt.Sprintf("it ends at %d, but was read to %d: what an earlier life read is lost", f.in.Had(), f.at.offset))
	f.at.offset, f.at.part = f.in.Had(), 0
}

// back takes an input that is not configured back to a packet without an outcome: if it
// is configured again, it is read from there on.
func (in *inputs) back(c note) {
	for i := range in.known {
		if r := &in.known[i]; r.input == c.input && c.first < r.at.offset {
			r.at = place{offset: c.first, part: c.part, lines: r.at.lines, parts: r.at.parts}
			r.done = false
		}
	}
}

// digest returns the shortest journal that says what is known now.
func (in *inputs) digest(e *emitter) []byte {
	b := &e.book
	out := appendNote(nil, note{kind: noteBase, seq: b.low})
	in.forget(b.low)
	kept, i := in.cuts, 0
	for seq := b.low; i < len(kept); seq++ { // a seq below the last cut; gaps are short
		for i < len(kept) && kept[i].seq < seq {
			i++
		}
		if i < len(kept) && kept[i].seq == seq && (seq >= b.next || b.find(seq) != nil) {
			out = appendNote(out, kept[i])
			i++
		} else if i < len(kept) {
			out = appendNote(out, note{kind: noteDone, seq: seq})
		}
	}
	end := note{kind: noteEnd, seq: max(b.next, in.disk.next)}
	out = appendNote(out, end)
	add := func(r reached) {
		end.input, end.at, end.n = r.input, r.at, 0
		if r.done {
			end.n = 1
		}
		out = appendNote(out, end)
	}
	for _, r := range in.known {
		add(r)
	}
	for _, f := range in.feeds {
		if f.done || f.at != (place{}) {
			add(reached{f.key, f.at, f.done && !f.in.Grows})
		}
	}
	return out
}

// forget drops the cuts of packets that have their outcome.
func (in *inputs) forget(low uint64) {
	n := 0
	for n < len(in.cuts) && in.cuts[n].seq < low {
		n++
	}
	in.cuts = in.cuts[n:]
}

func (in *inputs) idle() bool { return in.disk.idle() && in.ended }

// stop ends the reading. Packets that are cut are still seen through, and what is in
// memory only is read on.
func (in *inputs) stop() {
	in.stopping, in.ended = true, true
	for _, f := range in.feeds {
		if f.in.Forgets && !f.done {
			in.ended = false
			continue
		}
		f.close()
	}
}

// decided puts a packet's outcome into the journal.
func (in *inputs) decided(_ node.Env, seq uint64) {
	in.disk.add(note{kind: noteDone, seq: seq})
}

// release tells the inputs that grow from where on they may still be read: from the
// first packet without an outcome. It is not worth telling for every packet.
func (in *inputs) release(b *book) {
	if len(in.grows) == 0 || b.low < in.freed+uint64(min(releaseEvery, (in.cfg.BufferPackets+3)/4)) && (b.count > 0 || b.low == in.freed) {
		return
	}
	in.freed = b.low
	in.forget(b.low)
	for _, f := range in.grows {
		f.least = f.at.offset
	}
	for i := len(in.cuts) - 1; i >= 0; i-- {
		in.byKey[in.cuts[i].input].least = in.cuts[i].first
	}
	for _, f := range in.grows {
		if f.in.Release != nil {
			f.in.Release(f.least)
		}
	}
}

// releaseEvery is how many packets must have their outcomes before inputs are told, or
// a quarter of the buffer's.
const releaseEvery = 64

// due is when there is something to do without an event.
func (in *inputs) due(now time.Duration) time.Duration {
	at := in.disk.due
	if at == 0 {
		at = never
	}
	if !in.disk.ready || in.ended { // with nothing to read
		return at
	}
	if missing := in.group() - in.credit; in.cfg.InputRate > 0 && missing > 0 {
		at = min(at, in.paced+time.Duration(missing/int64(in.cfg.InputRate)+1))
	}
	for _, f := range in.grows {
		if !f.done && f.again > now { // what was not looked at since waits for something else
			at = min(at, f.again)
		}
	}
	return at
}

// work takes up old packets, reads new ones while there is room, and writes what
// was noted.
func (in *inputs) work(env node.Env, e *emitter) {
	if in.disk.ready {
		in.pace(env.Now())
		in.resume(env, e)
		for !in.ended && in.caughtUp(e) && e.roomForOne() && in.allowed() {
			f := in.next(env.Now())
			if f == nil {
				break
			}
			in.cutNext(env, e, f)
		}
		in.release(&e.book)
	}
	in.disk.write(env, e)
}

// next returns the input to read now; nil if there is none. Those that grow take
// turns with each other and with the one of the others that is read.
func (in *inputs) next(now time.Duration) *feed {
	for in.finite < len(in.feeds) && (in.feeds[in.finite].done || in.feeds[in.finite].in.Grows) {
		in.finite++
	}
	growing := false
	for range len(in.grows) + 1 {
		i := in.turn
		in.turn = (in.turn + 1) % (len(in.grows) + 1)
		if i == len(in.grows) {
			if in.finite < len(in.feeds) && !in.stopping {
				return in.feeds[in.finite]
			}
			continue
		}
		f := in.grows[i]
		if f.done || in.stopping && !f.in.Forgets {
			continue
		}
		if f.again <= now {
			return f
		}
		growing = true
	}
	in.ended = !growing
	return nil
}

// pace counts how many messages may be read by now: at most a second's worth, which
// is never less than a group.
func (in *inputs) pace(now time.Duration) {
	passed := min(now-in.paced, time.Second)
	in.paced = now
	in.credit = min(in.credit+int64(passed)*int64(in.cfg.InputRate), int64(time.Second)*int64(max(1, in.cfg.InputRate)))
}

func (in *inputs) allowed() bool { return in.cfg.InputRate == 0 || in.credit >= in.group() }

// readEvery is how long a paced reader waits for a packet to fill: at a high rate a
// packet for each line would be mostly overhead. An input that grows is looked at again
// after it.
const readEvery = 20 * time.Millisecond

// group is the credit that a paced packet waits for: the messages of readEvery, but
// at least one, and no more than a packet may have.
func (in *inputs) group() int64 {
	due := int64(in.cfg.InputRate) * int64(readEvery)
	return min(max(due, int64(time.Second)), int64(time.Second)*int64(in.cfg.BatchMessages))
}

// roomForOne reports whether the buffer has room for another packet, whatever its
// size within the batch limit.
func (e *emitter) roomForOne() bool {
	b := &e.book
	return b.count == 0 || b.count < e.cfg.BufferPackets && b.bytes+e.cfg.BatchBytes <= e.cfg.BufferBytes && b.span() < e.cfg.SpanMax
}

// cutNext cuts the next packet of an input, or ends it.
func (in *inputs) cutNext(env node.Env, e *emitter, f *feed) {
	to, entries := f.read(f.at, in.limit(), in.cfg.BatchBytes, -1)
	if len(entries) == 0 {
		if f.fault != nil && f.in.Grows {
			f.failed(env)
			return
		}
		if !f.eof {
			f.again = env.Now() + readEvery
			return
		}
		f.report(env)
		f.done = true
		if !f.in.Grows {
			in.disk.add(note{kind: noteEnd, seq: e.book.next, input: f.key, at: f.at, n: 1})
		}
		f.close()
		return
	}
	p := e.hash.NewPacket(message.ID{Source: e.name, Seq: e.book.next}, entries)
	cut := note{kind: noteCut, seq: p.ID.Seq, input: f.key, at: to, first: f.at.offset, part: f.at.part, n: len(entries), hash: p.Hash}
	in.cuts = append(in.cuts, cut)
	in.disk.add(cut)
	e.book.add(p, cutting, env.Now())
	f.at = to
	in.credit -= int64(len(entries)) * int64(time.Second)
}

// limit is how many messages the next packet may have.
func (in *inputs) limit() int {
	if in.cfg.InputRate == 0 {
		return in.cfg.BatchMessages
	}
	return int(min(int64(in.cfg.BatchMessages), max(1, in.credit/int64(time.Second))))
}

// account tells how far the inputs were read that an orderly stop leaves unfinished.
func (in *inputs) account(env node.Env) {
	for _, f := range in.feeds {
		if !f.done && f.at.lines+f.at.parts > 0 {
			f.report(env)
		}
	}
}

// resume takes up the packets of earlier incarnations that have no outcome: the
// same bytes make the same packets under the same ids.
func (in *inputs) resume(env node.Env, e *emitter) {
	if len(in.past) == 0 && in.caughtUp(e) {
		return
	}
	for len(in.past) > 0 && (e.book.count == 0 || e.book.count < e.cfg.BufferPackets) {
		c := in.past[0]
		f := in.byKey[c.input]
		if f.again > env.Now() {
			return // it could not be read a moment ago
		}
		f.close()
		_, entries := f.read(place{offset: c.first, part: c.part}, c.n, in.cfg.BatchBytes, c.at.offset)
		if f.fault != nil && f.in.Grows {
			f.failed(env)
			return
		}
		in.past = in.past[1:]
		f.close()
		p := e.hash.NewPacket(message.ID{Source: e.name, Seq: c.seq}, entries)
		e.book.skip(c.seq)
		h := e.book.add(p, live, env.Now())
		if len(entries) != c.n || p.Hash != c.hash {
			// Sending it would put another content under an id that is taken.
			e.book.release(c.seq)
			in.disk.add(note{kind: noteDone, seq: c.seq})
			in.complain(env, f.in.Name, "changed: packet "+p.ID.String()+" cannot be made again")
			continue
		}
		e.emit(env, c.seq, h)
	}
	// The ring holds what lies between the oldest packet and the newest: a long jump
	// waits until nothing is held.
	if next := in.disk.next; len(in.past) == 0 && e.book.next < next && (e.book.count == 0 || next-e.book.low <= uint64(e.cfg.SpanMax)) {
		e.book.skip(next)
	}
}

// caughtUp reports whether everything that earlier incarnations cut was taken up.
func (in *inputs) caughtUp(e *emitter) bool { return len(in.past) == 0 && e.book.next >= in.disk.next }

// complain tells of something wrong with an input, or with what is known of it.
func (in *inputs) complain(env node.Env, name, what string) {
	if in.cfg.Complain != nil {
		in.cfg.Complain(name, what)
	}
	env.Log("input").Str("file", name).Uint("lines", 0).Int("bytes", 0).Uint("parts", 0).Uint("msgs", 0).Cut("err", what, 512).End()
}

func (in *inputs) diskDone(env node.Env, e *emitter, ev *node.Event) { in.disk.done(env, e, ev) }
