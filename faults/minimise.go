package faults

// Minimise removes as much of a list as it can, by delta debugging: first halves, then
// ever smaller pieces, down to single elements, until no single one can go. get reads the
// present list; try proposes another, keeps it if it will do, and says so. O(n^2) tries at
// worst, O(log n) if one element is enough.
func Minimise[T any](get func() []T, try func(rest []T) bool) {
	for size := (len(get()) + 1) / 2; size >= 1; {
		removed := false
		for i := 0; i < len(get()); {
			list := get()
			if try(cutOut(list, i, min(i+size, len(list)))) {
				removed = true // what followed is at i now
			} else {
				i += size
			}
		}
		switch {
		case size > 1:
			size = (size + 1) / 2
		case !removed:
			return
		}
	}
}

// cutOut returns list without its elements from i to j.
func cutOut[T any](list []T, i, j int) []T {
	return append(append([]T{}, list[:i]...), list[j:]...)
}
