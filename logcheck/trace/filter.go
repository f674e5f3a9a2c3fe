package trace

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/logcheck"
)

// Bound is a place in a run: a world time, or the number of a scheduler event. The zero
// value is none.
type Bound struct {
	At    time.Duration // world time; used if Event is 0
	Event uint64        // global event number from 1; simulation only
	Given bool
}

// boundMax is the largest event number: what a simulation can have.
const boundMax = 1 << 43

// ParseBound reads a bound: 12.5s, 1m3s (a time with its unit) or 7687 (an event number).
func ParseBound(text string) (Bound, error) {
	if digits := strings.Trim(text, "0123456789") == ""; digits && text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil || n == 0 || n > boundMax {
			return Bound{}, fmt.Errorf("event %q: want 1 to %d", clip(text), uint64(boundMax))
		}
		return Bound{Event: n, Given: true}, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return Bound{}, fmt.Errorf("%q: want a time with its unit, as 12.5s, or the number of an event, as 7687", clip(text))
	}
	return Bound{At: d, Given: true}, nil
}

// before reports whether a moment comes before the bound, after whether it comes after.
func (b Bound) before(at time.Duration, event uint64) bool {
	return b.Given && (b.Event > 0 && event < b.Event || b.Event == 0 && at < b.At)
}

func (b Bound) after(at time.Duration, event uint64) bool {
	return b.Given && (b.Event > 0 && event > b.Event || b.Event == 0 && at > b.At)
}

// Filter says which records are told. The zero value tells all.
type Filter struct {
	From, Until Bound    // both ends belong to it
	Nodes       []string // records of these nodes, and faults that act on them; none: every node
	Packet      string   // the life of this packet, source/incarnation/sequence
}

// Validate reports what is wrong with the filter for a run with these nodes; events says
// that its records have event numbers.
func (f *Filter) Validate(nodes []string, events bool) error {
	var errs []error
	if f.Packet != "" && !logcheck.ValidPacketID(f.Packet) {
		errs = append(errs, fmt.Errorf("packet %q: want source/incarnation/sequence, as e1/1/448", clip(f.Packet)))
	}
	for _, n := range f.Nodes {
		if n != faultsNode && !slices.Contains(nodes, n) {
			errs = append(errs, fmt.Errorf("node %q: this run has %s and %s", clip(n), clip(strings.Join(nodes, ", ")), faultsNode))
		}
	}
	if !events && (f.From.Event > 0 || f.Until.Event > 0) {
		errs = append(errs, errors.New("a run of real processes has no event numbers: give a time, as 12.5s"))
	}
	return errors.Join(errs...)
}

// faultsNode is the name of the fault file's node.
const faultsNode = "faults"

// clip shortens a text from outside for a message.
func clip(s string) string {
	const most = 200
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
