package node

import "time"

// TimesBounds are the upper bounds of the classes of Times, in ascending order; a
// last class has no bound. They reach from a fast sync to an outage.
var TimesBounds = [...]time.Duration{
	50 * time.Microsecond, 100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	1 * time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	1 * time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second, 60 * time.Second,
}

// Times is a distribution of times: how many fell into each class, and their exact
// sum. The zero value is empty. It is a plain value: a copy is a snapshot.
type Times struct {
	// Classes counts the times in each class, those up to its bound and above the
	// bound before; the last one those above all bounds.
	Classes [len(TimesBounds) + 1]uint64
	// Seconds and Nanos are the sum, Nanos below 10^9: an int64 of nanoseconds would
	// be full after days of load.
	Seconds, Nanos uint64
}

// Add takes in one time; a negative one counts as 0.
func (t *Times) Add(d time.Duration) {
	d = max(d, 0)
	i, j := 0, len(TimesBounds) // the first class whose bound is not below d
	for i < j {
		if m := (i + j) / 2; TimesBounds[m] < d {
			i = m + 1
		} else {
			j = m
		}
	}
	t.Classes[i]++
	t.carry(0, uint64(d))
}

// Merge adds the times of another distribution.
func (t *Times) Merge(o *Times) {
	for i, n := range o.Classes {
		t.Classes[i] += n
	}
	t.carry(o.Seconds, o.Nanos)
}

func (t *Times) carry(seconds, nanos uint64) {
	t.Seconds += seconds
	t.Nanos += nanos
	if t.Nanos >= uint64(time.Second) {
		t.Seconds += t.Nanos / uint64(time.Second)
		t.Nanos %= uint64(time.Second)
	}
}

// Count is how many times were taken in.
func (t *Times) Count() (n uint64) {
	for _, c := range t.Classes {
		n += c
	}
	return n
}

// Sample is a snapshot under a name and a label.
func (t *Times) Sample(name, label string) Sample {
	snap := *t
	return Sample{Name: name, Label: label, Times: &snap}
}
