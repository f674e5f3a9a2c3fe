package route

// register brings the registered analysers up to date with a view that a
// decision is about to be made from; see Policy for the rule. The credits must
// have been stored. O(n) without removals, O(n) for each removal.
func (b *book) register(v *View) {
	removes := v.version >= b.version
	b.version = max(b.version, v.version)
	if sameList(b.ids, v.ids) {
		return
	}
	if removes {
		b.remove(v)
	}
	b.add(v)
	assert(len(b.ids) == len(b.credit), "%d registered, %d credits", len(b.ids), len(b.credit))
	assert(!removes || len(b.ids) == v.Len(), "%d registered, %d in the view", len(b.ids), v.Len())
}

// sameList reports whether two lists of ids are one and the same memory.
func sameList(a, b []string) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// remove drops the registered analysers that v does not list and divides their
// credits among those that stay.
func (b *book) remove(v *View) {
	stay := make([]string, 0, len(b.ids))
	kept := make([]int64, 0, len(b.ids))
	var gone []int64
	for i, id := range b.ids {
		if _, ok := v.Index(id); ok {
			stay, kept = append(stay, id), append(kept, b.credit[i])
		} else {
			gone = append(gone, b.credit[i])
		}
	}
	if len(gone) == 0 {
		return
	}
	for _, credit := range gone {
		divide(kept, credit)
	}
	b.ids, b.credit = stay, kept
}

// divide adds credit to the list: the floor of an equal part to each, and one
// more to the first ones until the sum is kept.
func divide(list []int64, credit int64) {
	k := int64(len(list))
	if k == 0 {
		return
	}
	each, rest := credit/k, credit%k
	if rest < 0 { // Go truncates toward zero
		each, rest = each-1, rest+k
	}
	for i := range list {
		list[i] += each
		if int64(i) < rest {
			list[i]++
		}
	}
}

// add registers the analysers of v that are not, with credit 0.
func (b *book) add(v *View) {
	if len(b.ids) == 0 {
		b.ids, b.credit = v.ids, make([]int64, len(v.ids))
		return
	}
	ids := make([]string, 0, len(b.ids))
	credit := make([]int64, 0, len(b.ids))
	old, next := 0, 0
	for old < len(b.ids) || next < len(v.ids) {
		switch {
		case next == len(v.ids) || old < len(b.ids) && b.ids[old] < v.ids[next]:
			ids, credit = append(ids, b.ids[old]), append(credit, b.credit[old])
			old++
		case old == len(b.ids) || v.ids[next] < b.ids[old]:
			ids, credit = append(ids, v.ids[next]), append(credit, 0)
			next++
		default:
			ids, credit = append(ids, v.ids[next]), append(credit, b.credit[old])
			old, next = old+1, next+1
		}
	}
	b.ids, b.credit = ids, credit
	if len(ids) == len(v.ids) {
		b.ids = v.ids // one list: the next bind of such a view is cheap
	}
}
