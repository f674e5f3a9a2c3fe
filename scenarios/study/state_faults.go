package study

import (
	"fmt"
	"strings"
)

// stateFaults is the plan of a cell of study state: of a state, a condition and a number
// of distributors.
func stateFaults(levels []string) []string {
	state, condition, n := levels[0], levels[1], int(atoi(levels[2]))
	lines := []string{"at 4s for 4s crash a4 silent"}
	switch condition {
	case calm:
		lines = nil
	case loss:
		lines = append(lines, "at 2s for 6s impair d* <-> a* loss 10%", "at 2s for 6s impair op <-> d* loss 10%", order(state, "3s", "weight", 1, "a1 8"))
		if n > 1 {
			lines = append(lines, "at 2s for 6s impair d* <-> d* control loss 10%")
		}
	case partition:
		lines = append(lines, order(state, "3s", "weight", 1, "a1 8"))
		if n > 1 {
			far := group(n/2+1, n)
			lines = append(lines, "at 2500ms for 3500ms cut op <-> "+far, fmt.Sprintf("at 2500ms for 3500ms cut %s <-> %s control", group(1, n/2), far))
		}
	case churnable:
		lines = append(lines, churn(state, n)...)
	}
	return []string{"faults=" + strings.Join(lines, "\n")}
}

// group names the distributors from one to another.
func group(from, to int) string {
	var names []string
	for i := from; i <= to; i++ {
		names = append(names, fmt.Sprint("d", i))
	}
	return "{" + strings.Join(names, ",") + "}"
}

// order is an operator's order: to one distributor if they tell each other, else to all.
func order(state, at, verb string, to int, what string) string {
	who := fmt.Sprint("d", to)
	if state == sharedState || state == localState {
		who = "d*"
	}
	return fmt.Sprintf("at %s %s %s %s", at, verb, who, what)
}

// churn are orders one after the other, each at the next distributor, and one distributor
// that goes and comes back before the crash.
func churn(state string, n int) (lines []string) {
	if n > 1 {
		lines = append(lines, fmt.Sprintf("at 2500ms for 1s stop d%d", n))
	}
	for i, o := range []struct{ at, verb, what string }{
		{"2600ms", "weight", "a1 4"}, {"3s", "add", "a5 3"}, {"3400ms", "drain", "a2"}, {"3800ms", "weight", "a3 1"}, {"4600ms", "undrain", "a2"},
		{"5200ms", "weight", "a5 6"}, {"5800ms", "remove", "a3"}, {"6400ms", "weight", "a1 2"}, {"7s", "weight", "a2 5"},
	} {
		lines = append(lines, order(state, o.at, o.verb, 1+i%max(1, n-1), o.what))
	}
	return lines
}
