package scenarios

import "weir/logcheck"

// Premises lists what a run may be required to have seen, by logcheck/FORMAT.md,
// section 7.
func Premises() []string { return logcheck.PremiseNames() }

// Properties lists the ids of all properties that the checker knows.
func Properties() []string { return logcheck.PropertyIDs() }
