package store

import "encoding/binary"

// Snapshot appends the whole state to b, in the form of the snapshot file. Packets
// that are reserved and not committed are not part of it.
func (s *Store) Snapshot(b []byte) []byte {
	for _, kind := range [...]byte{kindSnapshot, kindCopy} {
		start := len(b)
		b = s.appendState(beginFrame(b, kind, s.n))
		b = endFrame(b, start)
	}
	return b
}

func (s *Store) appendState(b []byte) []byte {
	b = binary.AppendUvarint(b, s.lost)
	for _, v := range [...]uint64{s.totals.Packets, s.totals.Messages, s.totals.Bytes, s.totals.Others} {
		b = binary.AppendUvarint(b, v)
	}
	for _, v := range s.totals.Levels {
		b = binary.AppendUvarint(b, v)
	}
	b = binary.AppendUvarint(b, uint64(len(s.sources.list)))
	for _, src := range s.sources.list {
		b = binary.AppendUvarint(appendText(b, src.Name), src.Messages)
	}
	b = binary.AppendUvarint(b, uint64(len(s.emitters)))
	for _, e := range s.emitters {
		b = appendText(b, e.name)
		b = binary.AppendUvarint(b, uint64(e.floor))
		b = binary.AppendUvarint(b, e.packets)
		b = binary.AppendUvarint(b, e.messages)
		b = binary.AppendUvarint(b, uint64(len(e.windows)))
		for _, w := range e.windows {
			b = w.append(b)
		}
	}
	if s.results != nil {
		b = s.results.Append(b)
	}
	return b
}

// append writes a window; sequences as distances, which are small.
func (w *window) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(w.inc))
	b = binary.AppendUvarint(b, w.lo)
	n := 0
	for i := range w.items {
		if w.items[i].number != reserved {
			n++
		}
	}
	b = binary.AppendUvarint(b, uint64(n))
	last := w.lo
	for _, it := range w.items {
		if it.number == reserved {
			continue
		}
		b = binary.AppendUvarint(b, it.seq-last)
		b = binary.LittleEndian.AppendUint32(b, it.hash)
		last = it.seq
	}
	return b
}

// readState rebuilds a store from the body of a snapshot's frame, or returns nil.
func readState(l Limits, f frame) *Store {
	r := &reader{b: f.body}
	s := New(l)
	s.n, s.durable = f.number, f.number
	s.lost = r.uint()
	for _, v := range [...]*uint64{&s.totals.Packets, &s.totals.Messages, &s.totals.Bytes, &s.totals.Others} {
		*v = r.uint()
	}
	for i := range s.totals.Levels {
		s.totals.Levels[i] = r.uint()
	}
	for i := r.count(2); i > 0; i-- {
		name, n := r.text(), r.uint()
		if !s.sources.add(name, n) {
			s.totals.Others += n // the limit was lowered
		}
	}
	for i := r.count(5); i > 0; i-- {
		e := s.addEmitter(r.text())
		e.floor = r.uint32()
		e.packets = r.uint()
		e.messages = r.uint()
		for j := r.count(3); j > 0; j-- {
			w := readWindow(r)
			s.ids += len(w.items)
			if k := len(e.windows); k > 0 && e.windows[k-1].inc >= w.inc {
				r.bad = true
			}
			e.windows = append(e.windows, w)
		}
	}
	if len(r.b) > 0 && !r.bad {
		r.bad, r.b = !s.readResults(r.b), nil
	}
	if r.bad || s.lost > s.n || len(s.byName) != len(s.emitters) {
		return nil
	}
	return s
}

func readWindow(r *reader) *window {
	w := &window{inc: r.uint32(), lo: r.uint()}
	w.items = make([]item, r.count(5))
	last := w.lo
	for i := range w.items {
		step := r.uint()
		if i > 0 && step == 0 || last+step < last {
			r.bad = true
		}
		last += step
		w.items[i] = item{seq: last, hash: r.fixed32()}
	}
	return w
}
