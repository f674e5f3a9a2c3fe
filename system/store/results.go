package store

import "weir/system/digest"

// Results returns what the messages of the effects add up to, or nil if the limits ask
// for none. It is the store's own: it must not change, and is valid until the next
// commit. Of effects that were committed while none was asked for nothing is in it.
func (s *Store) Results() *digest.Digest { return s.results }

// ResultsSum is the linear sum of the newest commit's messages, by which who has only
// the event log can prove the digest. Call it right after Commit.
func (s *Store) ResultsSum() uint64 { return s.scratch.results.Sum() }

// count takes the messages of an effect into the digest.
func (s *Store) count(e *Effect) {
	if s.results == nil {
		return
	}
	d := e.results
	if d == nil && len(e.stored) > 0 {
		d = readResults(e.stored)
	}
	if d != nil {
		s.results.Merge(d)
	}
}

// readResults reads the digest of an effect, or returns nil. Its own bounds were those
// under which it was made, or there was nothing to leave out.
func readResults(b []byte) *digest.Digest {
	d := digest.New(digest.Most)
	if d.Read(b) != nil {
		return nil
	}
	return d
}

// readResults reads the digest of a snapshot.
func (s *Store) readResults(b []byte) bool {
	d := readResults(b)
	if d != nil && s.results != nil {
		s.results.Merge(d)
	}
	return d != nil
}
