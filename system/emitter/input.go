package emitter

import (
	"errors"
	"fmt"
	"io"
	"time"

	"weir/system/emitter/lines"
	"weir/system/message"
	"weir/system/node"
)

// chunk is how much of an input is read at once, in bytes.
const chunk = 64 << 10

// inputs reads log files into packets whose cuts are durable.
type inputs struct {
	cfg  *Config
	at   place // the end of the last packet that was cut
	disk journal
	past []note // packets of earlier incarnations that are still to be taken up
	cuts []note // of the packets that are held, and of some before them; ascending

	open  io.ReadCloser
	file  int    // the input that open reads
	buf   []byte // read and not yet cut
	eof   bool
	fault error // why the input that is read ends early

	ended  bool          // no more reading
	credit int64         // pace: messages that may be read now, times a second
	paced  time.Duration // pace: when credit was last counted
}

func newInputs(cfg *Config) *inputs { return &inputs{cfg: cfg, file: -1} }

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
	in.at, in.past = p.at, p.cuts
	in.cuts = append(in.cuts, p.cuts...)
	e.book = *newBook(p.low)
	e.young = p.low
	in.disk.next = p.next
	if p.damaged || p.missing > 0 {
		in.disk.next += spanMost // past every id that may have been used
		in.complain(env, fileJournal, fmt.Sprintf("journal damaged: %d packets are not known", p.missing))
	}
	kept := in.past[:0]
	for _, c := range in.past {
		if c.at.file < len(in.cfg.Inputs) {
			kept = append(kept, c)
			continue
		}
		in.complain(env, fileJournal, fmt.Sprintf("packet %d is of input %d, but there are %d", c.seq, c.at.file, len(in.cfg.Inputs)))
	}
	in.past = kept
}

// digest returns the shortest journal that says what is known now.
func (in *inputs) digest(e *emitter) []byte {
	b := &e.book
	out := appendNote(nil, note{kind: noteBase, seq: b.low})
	kept := in.cuts[:0]
	for _, c := range in.cuts {
		if c.seq >= b.low {
			kept = append(kept, c)
		}
	}
	in.cuts = kept
	i := 0
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
	return appendNote(out, note{kind: noteEnd, seq: max(b.next, in.disk.next), at: in.at})
}

func (in *inputs) idle() bool { return in.disk.idle() }

// stop ends the reading. Packets that are cut are still seen through.
func (in *inputs) stop() {
	in.ended = true
	in.close()
}

func (in *inputs) close() {
	if in.open != nil {
		_ = in.open.Close() // it was only read
		in.open = nil
	}
	in.buf, in.eof, in.fault, in.file = nil, false, nil, -1
}

// decided puts a packet's outcome into the journal.
func (in *inputs) decided(_ node.Env, seq uint64) {
	in.disk.add(note{kind: noteDone, seq: seq})
}

// due is when there is something to do without an event.
func (in *inputs) due() time.Duration {
	at := in.disk.due
	if at == 0 {
		at = never
	}
	if missing := in.group() - in.credit; in.cfg.InputRate > 0 && in.disk.ready && !in.ended && missing > 0 {
		at = min(at, in.paced+time.Duration(missing/int64(in.cfg.InputRate)+1))
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
			in.cutNext(env, e)
		}
	}
	in.disk.write(env, e)
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
// packet for each line would be mostly overhead.
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

// cutNext cuts the next packet, or ends the input that is read.
func (in *inputs) cutNext(env node.Env, e *emitter) {
	if in.at.file >= len(in.cfg.Inputs) {
		in.ended = true
		in.close()
		return
	}
	to, entries := in.read(in.at, in.limit(), -1)
	if len(entries) == 0 {
		in.report(env)
		in.at = place{file: in.at.file + 1}
		in.disk.add(note{kind: noteEnd, seq: e.book.next, at: in.at})
		in.close()
		return
	}
	p := e.hash.NewPacket(message.ID{Source: e.name, Seq: e.book.next}, entries)
	cut := note{kind: noteCut, seq: p.ID.Seq, at: to, first: in.at.offset, part: in.at.part, n: len(entries), hash: p.Hash}
	in.cuts = append(in.cuts, cut)
	in.disk.add(cut)
	e.book.add(p, cutting, env.Now())
	in.at = to
	in.credit -= int64(len(entries)) * int64(time.Second)
}

// limit is how many messages the next packet may have.
func (in *inputs) limit() int {
	if in.cfg.InputRate == 0 {
		return in.cfg.BatchMessages
	}
	return int(min(int64(in.cfg.BatchMessages), max(1, in.credit/int64(time.Second))))
}

// report tells what was read of an input, once at its end. It may be told again
// after a crash.
func (in *inputs) report(env node.Env) {
	ln := env.Log("input").Str("file", in.cfg.Inputs[in.at.file].Name).
		Uint("lines", in.at.lines).Int("bytes", in.at.offset).Uint("parts", in.at.parts).Uint("msgs", in.at.lines+in.at.parts)
	if in.fault != nil {
		ln.Cut("err", in.fault.Error(), 512)
	}
	ln.End()
}

// read makes the messages that follow a place, at most n and about BatchBytes, or
// those up to the offset stop if it is not -1. It returns where they end; no
// messages mean that the input ends there.
func (in *inputs) read(from place, n int, stop int64) (place, []message.Entry) {
	if in.file != from.file {
		in.openAt(from)
	}
	name := in.cfg.Inputs[from.file].Name
	split := lines.Splitter{Max: in.cfg.Lines.LineMax, Part: from.part}
	to, size := from, 0
	var entries []message.Entry
	for len(entries) < n && (stop < 0 || to.offset < stop) {
		in.fill(split.Need())
		before := split
		piece, used := split.Next(in.buf, in.eof)
		if used == 0 {
			break
		}
		entry, _ := in.cfg.Lines.Entry(piece, name)
		size += entry.Size()
		if stop < 0 && size > in.cfg.BatchBytes && len(entries) > 0 {
			split = before
			break
		}
		entries = append(entries, entry)
		in.buf = in.buf[used:]
		to.offset += int64(used)
		if piece.Last {
			to.lines++
		} else {
			to.parts++
		}
	}
	to.part = split.Part
	return to, entries
}

// openAt opens an input at a place.
func (in *inputs) openAt(at place) {
	in.close()
	in.file = at.file
	var err error
	if in.open, err = in.cfg.Inputs[at.file].Open(at.offset); err != nil {
		in.open, in.eof, in.fault = nil, true, fmt.Errorf("open: %w", err)
	}
}

// fill reads until need bytes are there, or the input ends.
func (in *inputs) fill(need int) {
	for idle := 0; !in.eof && len(in.buf) < need; {
		if cap(in.buf)-len(in.buf) < chunk {
			in.buf = append(make([]byte, 0, len(in.buf)+need+2*chunk), in.buf...)
		}
		k, err := in.open.Read(in.buf[len(in.buf) : len(in.buf)+chunk])
		in.buf = in.buf[:len(in.buf)+k]
		if k == 0 {
			idle++
		}
		if err == nil && idle > 100 {
			err = io.ErrNoProgress
		}
		if err != nil {
			in.eof = true
			if !errors.Is(err, io.EOF) {
				in.fault = fmt.Errorf("read: %w", err)
			}
		}
	}
}

// resume takes up the packets of earlier incarnations that have no outcome: the
// same bytes make the same packets under the same ids.
func (in *inputs) resume(env node.Env, e *emitter) {
	for len(in.past) > 0 && (e.book.count == 0 || e.book.count < e.cfg.BufferPackets) {
		c := in.past[0]
		in.past = in.past[1:]
		in.close()
		_, entries := in.read(place{file: c.at.file, offset: c.first, part: c.part}, c.n, c.at.offset)
		in.close()
		p := e.hash.NewPacket(message.ID{Source: e.name, Seq: c.seq}, entries)
		e.book.skip(c.seq)
		h := e.book.add(p, live, env.Now())
		if len(entries) != c.n || p.Hash != c.hash {
			// Sending it would put another content under an id that is taken.
			e.book.release(c.seq)
			in.disk.add(note{kind: noteDone, seq: c.seq})
			in.complain(env, in.cfg.Inputs[c.at.file].Name, "changed: packet "+p.ID.String()+" cannot be made again")
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
	env.Log("input").Str("file", name).Uint("lines", 0).Int("bytes", 0).Uint("parts", 0).Uint("msgs", 0).Cut("err", what, 512).End()
}

func (in *inputs) diskDone(env node.Env, e *emitter, ev *node.Event) { in.disk.done(env, e, ev) }
