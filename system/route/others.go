package route

// othersMost is the largest absolute credit in parts that SetOthers takes: 2^28 messages.
const othersMost = int64(1) << 60

// SetOthers implements Policy. O(n log n), and O(n) more at the next decision.
func (b *book) SetOthers(credits []Credit) error {
	sorted, err := sortedCredits(credits, othersMost, "the others' credit")
	if err != nil {
		return err
	}
	b.store()
	b.view = nil // the next decision loads the credits anew
	b.others, b.other = sorted, nil
	b.spread()
	return nil
}

// spread brings the others' credits into the order of the registered analysers.
func (b *book) spread() {
	if len(b.others) == 0 {
		return
	}
	b.other = resize(b.other, len(b.ids))
	next := 0
	for i, id := range b.ids {
		for next < len(b.others) && b.others[next].ID < id {
			next++
		}
		b.other[i] = 0
		if next < len(b.others) && b.others[next].ID == id {
			b.other[i] = b.others[next].Parts
		}
	}
}

// otherAt is the others' credit of the i-th registered analyser.
func (b *book) otherAt(i int) int64 {
	if b.other == nil {
		return 0
	}
	return b.other[i]
}
