package lease

import (
	"fmt"
	"time"
)

// Problem is what a log shows to be wrong, with the records that show it.
type Problem struct {
	What    string
	Witness []Record
}

// String is the problem and its witness, a line each.
func (p Problem) String() string {
	s := p.What
	for _, r := range p.Witness {
		s += "\n  " + r.String()
	}
	return s
}

// Check judges a log. It knows what the users were promised and nothing of leases: no
// increment is lost, what is confirmed was done, and it goes on after the faults.
func Check(records []Record) (problems []Problem) {
	last := Record{} // the last write
	written := map[write3]bool{}
	var acked time.Duration
	for _, r := range records {
		id := write3{r.Client, r.Token, r.Seq}
		switch r.Kind {
		case Written:
			again := id == write3{last.Client, last.Token, last.Seq} && r.Value == last.Value
			if r.Value != last.Value+1 && !again {
				problems = append(problems, Problem{
					fmt.Sprintf("lost: the counter was %d and became %d", last.Value, r.Value), []Record{last, r},
				})
			}
			last, written[id] = r, true
		case Acked:
			acked = r.At
			if !written[id] {
				problems = append(problems, Problem{"confirmed, but never done", []Record{r}})
			}
		}
	}
	if acked < faultsEnd {
		problems = append(problems, Problem{fmt.Sprintf("stuck: nothing was confirmed after the faults ended at %v", faultsEnd), nil})
	}
	return problems
}

// write3 names a write.
type write3 struct {
	client     string
	token, seq uint64
}
