package store

import (
	"cmp"
	"slices"
)

// Files are the contents of a store's files; nil stands for one that is not there.
type Files struct {
	Snapshot []byte
	Logs     [2][]byte
}

// Empty reports whether there is nothing in any of them.
func (f Files) Empty() bool {
	return len(f.Snapshot)+len(f.Logs[0])+len(f.Logs[1]) == 0
}

// Recover rebuilds a store from what its files hold. It never fails and never
// invents: what is damaged is left out and counted (see Lost). Everything in it
// counts as durable. The limits must be valid; what exceeds them is kept all the
// same, and nothing is added until there is room. O(bytes + effects * log).
func Recover(l Limits, files Files) *Store {
	s, known := recoverSnapshot(l, files.Snapshot)
	var effects []Effect
	var ends [2]end
	var highest [2]uint64
	for i, log := range files.Logs {
		ends[i] = scan(log, func(f frame) {
			if f.kind != kindCommit {
				return
			}
			highest[i] = max(highest[i], f.number)
			if f.number <= s.n {
				return // part of the snapshot
			}
			if e, ok := readEffect(f); ok {
				effects = append(effects, e)
			} else {
				known = max(known, f.number)
			}
		})
		known = max(known, ends[i].known)
	}
	slices.SortStableFunc(effects, func(a, b Effect) int { return cmp.Compare(a.number, b.number) })
	for i := range effects {
		e := &effects[i]
		if e.number <= s.n {
			continue // written again after a disk error
		}
		s.lost += e.number - s.n - 1
		s.apply(e)
	}
	for i := range ends {
		if highest[i] >= s.n || highest[i] == 0 { // after the newest: no gap would show it
			known = max(known, lastNumber(ends[i].tail, s.n))
		}
	}
	if known > s.n {
		s.lost += known - s.n
		s.n = known
	}
	s.durable = s.n
	return s
}

// recoverSnapshot returns the state of the first sound copy, or an empty store and
// the number of the snapshot that is damaged, if that can be told.
func recoverSnapshot(l Limits, b []byte) (s *Store, known uint64) {
	e := scan(b, func(f frame) {
		if s == nil && (f.kind == kindSnapshot || f.kind == kindCopy) {
			s = readState(l, f)
		}
	})
	if s == nil {
		return New(l), e.known
	}
	return s, 0
}
