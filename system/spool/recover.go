package spool

import (
	"cmp"
	"slices"

	"weir/system/store"
)

// Range is a range of numbers, both ends included.
type Range struct{ From, To uint64 }

// Report says what a recovery found.
type Report struct {
	Held []*Entry // in the order of their numbers
	Last uint64   // the highest number that was given, as far as can be told
	Lost []Range  // numbers that must have been there and are not, ascending
}

// reading is what was found in the files so far.
type reading struct {
	found []found
	over  map[uint64]mark // marked as over, by number; never ranged over
	known uint64          // highest number that damaged frames show
	tail  []byte          // of the newest file
	blind [][]byte        // files that have bytes and nothing that can be read
}

// found is a packet that was read.
type found struct {
	admission
	entry *Entry
}

// lostMost bounds how many numbers of a gap are looked at one by one.
const lostMost = 1 << 22

// Load takes in the content of a slot's file, nil if there is none. Slots may be loaded in
// any order, each once.
func (s *Spool) Load(slot int, data []byte) {
	if len(data) == 0 {
		return
	}
	r, f := s.read, &file{slot: slot, size: len(data)}
	first, newest := true, uint64(0)
	known, tail := store.ScanFrames(data, func(fr store.Frame) {
		base := fr.Number
		switch fr.Kind {
		case kindOver:
			newest = max(newest, fr.Number) // all up to it were given, even if nothing of them is left
			b := fields{b: fr.Body}
			for len(b.b) > 0 {
				n := b.uint()
				r.over[n>>2] = mark{n >> 2, Ending(n & 3)}
			}
		case kindPacket:
			a, err := readPacket(fr.Body, &s.hasher, false)
			if err != nil {
				r.known = max(r.known, fr.Number)
				return
			}
			base, newest = a.base, max(newest, fr.Number)
			p := a.packet
			r.found = append(r.found, found{a, &Entry{ID: p.ID, Number: fr.Number, Hash: p.Hash, Bytes: p.Bytes, Stamp: a.stamp, State: Waiting, file: f}})
		}
		if first {
			first, f.base = false, base
		}
	})
	r.known, f.blank, f.newest = max(r.known, known), first, newest
	if first && (known > 0 || len(tail) > 0) {
		r.blind = append(r.blind, tail)
	}
	if newest > s.last || s.last == 0 {
		s.last, r.tail = max(newest, s.last), tail
	}
	s.bytes += len(data)
	s.files = append(s.files, f)
}

// Begin ends the reading and says what is held.
func (s *Spool) Begin() Report {
	r := s.read
	s.read = nil
	slices.SortStableFunc(r.found, func(a, b found) int { return cmp.Compare(a.entry.Number, b.entry.Number) })
	var rep Report
	s.gaps(r, &rep)
	for _, f := range s.files {
		if f.blank {
			f.base = s.linked
		}
	}
	slices.SortStableFunc(s.files, func(a, b *file) int { return cmp.Or(cmp.Compare(a.base, b.base), cmp.Compare(a.newest, b.newest)) })
	for i := range r.found {
		a := &r.found[i]
		s.lag = max(s.lag, a.stamp)
		s.source(a.entry.ID).raise(a.lo)
	}
	for i := range r.found {
		m, over := r.over[r.found[i].entry.Number]
		s.restore(r.found[i].entry, over, m.how, &rep)
	}
	rep.Held = slices.DeleteFunc(rep.Held, func(e *Entry) bool { return e.State == Over }) // came again
	rep.Last = s.last
	return rep
}

// gaps finds the numbers that must have been there and are not.
func (s *Spool) gaps(r *reading, rep *Report) {
	last := uint64(0)
	if len(r.found) == 0 && len(r.blind) == 0 {
		last = s.last
	}
	if len(r.found) > 0 && len(r.blind) == 0 { // else the oldest may be one of those: rather too much is told
		last = r.found[0].base
	}
	for i := range r.found {
		a := &r.found[i]
		s.lose(r, rep, last, a.prev)
		last = max(last, a.entry.Number)
	}
	end := max(r.known, last)
	for _, tail := range append(r.blind, r.tail) {
		if len(tail) > 0 {
			end = max(store.LastNumber(tail, end), end+heads(tail))
		}
	}
	s.lose(r, rep, last, end)
	s.last = max(s.last, end)
	s.linked = s.last
}

// heads counts what may be heads of packets' frames, of which a byte may be damaged.
func heads(tail []byte) (n uint64) {
	for i := 0; i+len(store.Magic) < len(tail); i++ {
		same := 0
		for k := range len(store.Magic) {
			if tail[i+k] == store.Magic[k] {
				same++
			}
		}
		if same >= len(store.Magic)-1 && tail[i+len(store.Magic)] != kindOver {
			n++
		}
	}
	return n
}

// lose reports the numbers above from up to to as lost, but for those that are over.
func (s *Spool) lose(r *reading, rep *Report, from, to uint64) {
	if to > from+lostMost {
		rep.Lost = append(rep.Lost, Range{from + 1, to})
		return
	}
	for n := from + 1; n <= to; n++ {
		if _, over := r.over[n]; over {
			continue
		}
		s.marks = append(s.marks, mark{n, Forgotten}) // told once
		if k := len(rep.Lost); k > 0 && rep.Lost[k-1].To == n-1 {
			rep.Lost[k-1].To = n
		} else {
			rep.Lost = append(rep.Lost, Range{n, n})
		}
	}
}

// restore takes in a packet that was read.
func (s *Spool) restore(e *Entry, over bool, how Ending, rep *Report) {
	src := s.source(e.ID)
	if i, found := src.find(e.ID.Seq); found {
		if old := src.items[i].entry; old != nil { // written again, after an append that seemed to fail
			old.State = Over
			old.file.held--
			s.marks = append(s.marks, mark{old.Number, Forgotten})
			s.held--
		}
		src.remove(i)
	}
	if over && how != Committed && how != Dead { // who asks for it is not told that it went well
		e.State = Over
		s.tidy(e.ID, src)
		return
	}
	src.put(item{seq: e.ID.Seq, hash: e.Hash, entry: e})
	if over {
		s.settle(e, how == Dead)
		return
	}
	e.file.held++
	s.held++
	rep.Held = append(rep.Held, e)
}

// Fill gives the packets that a file holds back to their entries, as far as those wait
// without one, and returns about how many bytes that are. What e asks for may be damaged:
// it has no packet then.
func (s *Spool) Fill(e *Entry, data []byte) (bytes int) {
	_, _ = store.ScanFrames(data, func(fr store.Frame) {
		if fr.Kind != kindPacket {
			return
		}
		head, err := readPacket(fr.Body, &s.hasher, false)
		if err != nil {
			return
		}
		k, _ := s.Find(head.packet.ID)
		w := k.Entry
		if w == nil || w.Number != fr.Number || w.State != Waiting || w.Packet != nil {
			return
		}
		if a, err := readPacket(fr.Body, &s.hasher, true); err == nil {
			w.Packet, w.Bytes = a.packet, a.packet.Bytes
			bytes += w.Bytes
		}
	})
	return bytes
}

// File is the name of the file that has an entry.
func (e *Entry) File() string { return FileName(e.file.slot) }
