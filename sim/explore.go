package sim

// Deviation says that at a decision (counted from 0) another candidate than the first
// goes first.
type Deviation struct {
	At   int // which decision
	Pick int // which candidate, at least 1
}

// Exploration bounds an exploration of orders.
type Exploration struct {
	Deviations int // at most so many in one run; 0: only the order without any
	RunsMax    int // at most so many runs; 0: no limit
}

// Explore makes runs of one small world in every order that differs from the first at no
// more than so many decisions (delay-bounded scheduling: Emmi, Qadeer and Rakamaric,
// POPL 2011): run makes one with Schedule.Choose as given, and says whether to go on.
// Each order comes once, those with fewer deviations not necessarily first. It returns
// the number of runs, and whether those were all. A run must follow from its choices.
func Explore(limit Exploration, run func(choose func(n int) int, deviations []Deviation) bool) (runs int, all bool) {
	todo := [][]Deviation{nil}
	for len(todo) > 0 {
		if limit.RunsMax > 0 && runs >= limit.RunsMax {
			return runs, false
		}
		here := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		var widths []int // how many candidates each decision had
		runs++
		if !run(Follow(here, &widths), here) {
			return runs, len(todo) == 0 && len(here) == limit.Deviations
		}
		if len(here) < limit.Deviations {
			todo = append(todo, further(here, widths)...)
		}
	}
	return runs, true
}

// Follow returns a Schedule.Choose that deviates as told, in ascending order of At, and
// keeps the first order elsewhere. widths, if not nil, gets the number of candidates of
// each decision. A pick that a decision does not have is its last one.
func Follow(deviations []Deviation, widths *[]int) func(n int) int {
	at, left := 0, deviations
	return func(n int) int {
		if widths != nil {
			*widths = append(*widths, n)
		}
		pick := 0
		if len(left) > 0 && left[0].At == at {
			pick = min(left[0].Pick, n-1)
			left = left[1:]
		}
		at++
		return pick
	}
}

// further lists the orders with one more deviation, later than the last.
func further(here []Deviation, widths []int) (more [][]Deviation) {
	first := 0
	if len(here) > 0 {
		first = here[len(here)-1].At + 1
	}
	for at := len(widths) - 1; at >= first; at-- {
		for pick := widths[at] - 1; pick >= 1; pick-- {
			more = append(more, append(here[:len(here):len(here)], Deviation{at, pick}))
		}
	}
	return more
}
