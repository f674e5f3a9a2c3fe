package spool

import "time"

// overMost bounds the numbers of one mark.
const overMost = 4096

// Batch begins an append: the name of the file, and its bytes so far with the marks that
// are due.
type Batch struct {
	File    string
	Data    []byte
	Entries []*Entry
	Marks   []mark
	file    *file
	before  uint64 // linked, before the batch
}

// Start begins a batch; only one may be open at a time. fresh says that packets will be
// added, for which a new file is begun if need be. ok is false if there is no file to append
// to.
func (s *Spool) Start(fresh bool) (b *Batch, ok bool) {
	n := len(s.files)
	if n > 0 && s.files[n-1].closing {
		n = 0 // as if there were none
	}
	if fresh && (n == 0 || s.files[n-1].size >= s.limits.Bytes/shares) {
		slot := s.slot()
		if slot < 0 {
			return nil, false
		}
		s.files = append(s.files, &file{slot: slot, base: s.linked})
		n = len(s.files)
	}
	if n == 0 {
		return nil, false
	}
	b = &Batch{file: s.files[n-1], before: s.linked}
	s.open = true
	b.File = FileName(b.file.slot)
	if len(s.marks) > 0 {
		b.Marks = s.marks[:min(len(s.marks), overMost)]
		s.marks = s.marks[len(b.Marks):]
		b.Data = appendOver(b.Data, s.linked, b.Marks)
	}
	return b, true
}

// slot is a slot without a file, -1 if there is none.
func (s *Spool) slot() int {
	var used [Slots]bool
	for _, f := range s.files {
		used[f.slot] = true
	}
	for i, u := range used {
		if !u {
			return i
		}
	}
	return -1
}

// Add appends an entry's frame to the batch; entries are added in the order of their numbers.
func (s *Spool) Add(b *Batch, e *Entry, now time.Duration) {
	assert(e.State == Writing && e.file == nil, "packet %s is written twice", e.ID)
	assert(e.Number > s.linked, "number %d is written after %d", e.Number, s.linked)
	e.Stamp, e.file = now, b.file
	b.Data = appendPacket(b.Data, e.Number, &admission{
		prev: s.linked, base: b.file.base, stamp: now, lo: s.source(e.ID).lo, packet: e.Packet,
	})
	s.linked = e.Number
	b.Entries = append(b.Entries, e)
}

// Written says that a batch is durable: its entries are held.
func (s *Spool) Written(b *Batch) {
	s.open = false
	b.file.size += len(b.Data)
	s.bytes += len(b.Data)
	for _, e := range b.Entries {
		s.coming -= e.need()
		e.State = Waiting
		b.file.held++
	}
}

// Failed says that a batch could not be written, at least not for certain: its numbers are
// given up and its marks are due again. Its entries are to be withdrawn. What of it reached
// the file is passed over when that is read: a whole frame of a packet that was refused is
// held then, as a submission that was answered in time might have been.
func (s *Spool) Failed(b *Batch) {
	s.open = false
	s.linked = b.before
	s.marks = append(s.marks, b.Marks...)
}

// Marks is how many packets are over without a mark on disk.
func (s *Spool) Marks() int { return len(s.marks) }

// Oldest is the slot of the oldest file if it can be removed: all in it is over, and it is
// not appended to. Nothing is from then on. The newest one goes only when it is large: what
// is over in it is known by it after a restart.
func (s *Spool) Oldest() (slot int, ok bool) {
	if len(s.files) == 0 || s.files[0].held > 0 {
		return 0, false
	}
	if len(s.files) == 1 && (s.open || s.coming > 0 || s.files[0].size < s.limits.Bytes/shares) {
		return 0, false
	}
	s.files[0].closing = true
	return s.files[0].slot, true
}

// Removed says that the oldest file is gone.
func (s *Spool) Removed() {
	s.bytes -= s.files[0].size
	s.files = s.files[1:]
}
