package store

import (
	"fmt"

	"weir/system/digest"
)

// Results returns what the messages of the effects add up to, or nil if the limits ask
// for none. It is the store's own: it must not change, and is valid until the next
// commit. Of effects that were committed while none was asked for nothing is in it.
func (s *Store) Results() *digest.Digest { return s.results }

// ResultsSum is the linear sum of the newest commit's messages, by which who has only
// the event log can prove the digest. Call it right after Commit.
func (s *Store) ResultsSum() uint64 { return s.scratch.results.Sum() }

// Count notes what the packet's messages add up to, for a store outside, which keeps
// that in its stored form.
func (e *Effect) Count(d *digest.Digest) { e.stored, e.sum = d.Append(nil), d.Sum() }

// Results is what the packet's messages add up to, in the stored form of a digest; nil
// if nobody counted it. It must not be changed.
func (e *Effect) Results() []byte { return e.stored }

// ResultsSum is the linear sum of what Count was given.
func (e *Effect) ResultsSum() uint64 { return e.sum }

// foldLeast is how many bytes of added digests are always left as they are.
const foldLeast = 256 << 10

// FoldAt is at how many bytes of digests that were added a store outside folds them
// into its whole one, which has so many bytes. So it writes at most about twice what is
// added, and what waits to be folded is no larger than the whole, or 256 KiB.
func FoldAt(whole int) int { return max(whole, foldLeast) }

// FoldResults merges digests in their stored form; an empty part is none. It fails if a
// part is damaged.
func FoldResults(l digest.Limits, parts ...[]byte) (*digest.Digest, error) {
	all := digest.New(l)
	for i, b := range parts {
		if len(b) == 0 {
			continue
		}
		d := readResults(b)
		if d == nil {
			return nil, fmt.Errorf("the digest of what messages say is damaged (part %d of %d, %d bytes); analyser: {no_results: true} forgets it: %w", i+1, len(parts), len(b), digest.ErrForm)
		}
		all.Merge(d)
	}
	return all, nil
}

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
