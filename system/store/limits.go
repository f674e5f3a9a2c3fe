package store

import (
	"errors"
	"fmt"

	"weir/system/digest"
)

// Limits bound what a store remembers.
type Limits struct {
	IDs      int // packet ids above their sources' low-watermarks, 1..1<<24; and each source's oldest
	Emitters int // sources of packets, 1..1<<20
	Sources  int // sources of messages counted by name; the rest is counted together

	Results *digest.Limits // what bounds the digest of the messages; nil: there is none
}

// Validate returns every reason why the limits cannot be used.
func (l Limits) Validate() error {
	var errs []error
	check := func(name string, v, high int) {
		if v < 1 || v > high {
			errs = append(errs, fmt.Errorf("store: %s %d: want 1 to %d", name, v, high))
		}
	}
	check("ids", l.IDs, 1<<24)
	check("emitters", l.Emitters, 1<<20)
	check("sources", l.Sources, 1<<20)
	if l.Results != nil {
		errs = append(errs, l.Results.Validate())
	}
	return errors.Join(errs...)
}

// incarnationsMax is how many incarnations of one emitter are remembered. Of an
// older one nobody awaits an answer any more: it counts as below.
const incarnationsMax = 16

// nameMax is the longest name of a message's source in bytes that is kept.
const nameMax = 256

func assert(ok bool, what string) {
	if !ok {
		panic("store: " + what)
	}
}
