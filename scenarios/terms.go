package scenarios

import (
	"strings"

	"weir/logcheck"
)

// premises are the names besides property ids that check.require may hold; they
// are those of logcheck/FORMAT.md, section 7, and a test holds them against the
// checker.
var premises = strings.Fields("failover retry dedup down recovered weight_change drain add remove refused config_refused " +
	"back_pressure expired poison restart crash pause lost duplicate saturated none_up diskfail resumed stop join")

// Premises lists what a run may be required to have seen. The caller must not
// change the list.
func Premises() []string { return premises }

// Properties lists the ids of all properties that the checker knows.
func Properties() []string { return logcheck.PropertyIDs() }
