package route

import (
	"errors"
	"fmt"
)

// Policy picks analysers and keeps the credits that its picks rest on. A
// positive credit is owed to the analyser (starved), a negative one was given
// ahead (overfed).
//
// A decision registers what its view lists: an analyser that the policy does not
// know yet starts with credit 0. If the view's version is not below that of
// every view decided from before, analysers that it does not list are removed:
// in ascending order of ids each one's credit is divided among the analysers
// that were registered before and still are, floor(credit / k) each and one part
// more to the first ones by id until the sum is kept; with k = 0 it is dropped.
// A view of an older version only adds: with several workers' views, that of a
// late worker must not undo a removal's opposite. Credits of analysers that are
// not eligible in the view of a decision stay as they are. Views that no
// decision was made from have no effect.
type Policy interface {
	// Name is the policy's name in configurations.
	Name() string

	// NeedsDraw reports whether Pick uses its raw argument.
	NeedsDraw() bool

	// Pick decides who gets a packet of that many messages (1 up to the
	// configured largest) among the eligible analysers of v that are not in
	// tried, charges the winner and returns the index of its entry in v. ids in
	// tried that are not eligible in v do not matter. raw is 64 uniform random
	// bits if NeedsDraw. ok is false, and nothing has changed, if no eligible
	// analyser is left: none exists, or all were tried (see View.Exhausted).
	// It allocates nothing while the view stays the same.
	Pick(v *View, messages int, tried []string, raw uint64) (index int, ok bool)

	// Credits returns the credit of each registered analyser in ascending order
	// of ids. Their sum changes only when the last analyser is removed.
	Credits() []Credit

	// SetCredits makes exactly those analysers registered, with those credits.
	// The error names ids given twice and credits beyond SpreadMax messages.
	SetCredits(credits []Credit) error

	// SetOthers tells what other choosers' credits add up to by now; it replaces what was
	// told before. Decisions are then made by the sums of the own and the others' credits,
	// while Credits, and what is divided when an analyser is removed, stay the own ones. Of
	// analysers that are not registered it has no effect. The error names ids given twice
	// and credits beyond 2^28 messages.
	SetOthers(credits []Credit) error
}

// Names of the policies.
const (
	Deficit  = "deficit"  // largest credit after crediting; the default
	Finish   = "finish"   // smallest virtual finish; O(log n)
	Eligible = "eligible" // earliest deadline among the eligible; the tightest
	Smooth   = "smooth"   // deficit that counts packets, not messages
	Random   = "random"   // weighted random
	Original = "original" // largest credit before crediting, counts packets
)

// Policies returns the names of all policies.
func Policies() []string {
	return []string{Deficit, Finish, Eligible, Smooth, Random, Original}
}

// AutoLimit is the number of analysers up to which Auto prefers deficit.
const AutoLimit = 256

// Auto returns the name of the policy to use for that many analysers when the
// configuration names none: deficit, whose bound holds whatever changes, while
// its O(n) scan is cheap, and finish above.
func Auto(analysers int) string {
	if analysers <= AutoLimit {
		return Deficit
	}
	return Finish
}

// Config says which policy to make.
type Config struct {
	// Policy is one of the names above. Default (empty): deficit.
	Policy string
	// PacketMax is the largest packet in messages, 1..PacketMost, the M of the
	// bounds. It has no default: 0 is an error.
	PacketMax int
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	if c.Policy != "" {
		known := false
		for _, name := range Policies() {
			known = known || name == c.Policy
		}
		if !known {
			errs = append(errs, fmt.Errorf("route: policy %q is none of %v", c.Policy, Policies()))
		}
	}
	if err := CheckCapacity(c.PacketMax, 1); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// New returns the configured policy with nothing registered, or what Validate
// reports.
func New(c Config) (Policy, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	b := book{packetMax: int64(c.PacketMax)}
	switch c.Policy {
	case Finish:
		return &finish{book: b}, nil
	case Eligible:
		return &eligible{book: b}, nil
	case Smooth:
		return &greedy{book: b, byPackets: true}, nil
	case Random:
		return &random{book: b}, nil
	case Original:
		return &original{book: b}, nil
	}
	return &greedy{book: b}, nil
}
