package logcheck

import "slices"

// family makes the rules of one family of properties, which may share a picture of
// the run.
type family struct {
	ids  []string
	make func(c *Context) []Rule
}

var (
	harnessIDs  = []string{"H3", "H4", "H5", "H9"}
	deliveryIDs = []string{"C1", "C2", "C3", "C4", "C5", "C6", "C7", "C9", "C10", "C11", "C12", "C13", "C14", "C15", "O1", "A1", "A2", "A3", "A4", "A5"}
	inputIDs    = []string{"C16"}
)

// families returns the properties of FORMAT.md section 7, in report order.
func families() []family {
	return []family{
		{harnessIDs, harnessRules},
		{deliveryIDs, deliveryRules},
		{inputIDs, inputRules},
		{resultIDs, resultRules},
		{overseerIDs[:], overseerRules},
		{conductIDs, conductRules},
		{clusterIDs[:], clusterRules},
		{scaleIDs, scaleFaces},
	}
}

// integrityIDs are the properties without which the others mean nothing.
var integrityIDs = []string{"H2", "H3", "H4", "H6", "H7"}

// PropertyIDs lists the properties that a check judges, in report order.
func PropertyIDs() []string {
	ids := []string{"H2", "H3", "H4", "H5", "H6", "H7", "H9"}
	return slices.Concat(ids, deliveryIDs, inputIDs, resultIDs, overseerIDs[:], conductIDs, clusterIDs[:], scaleIDs)
}

// Ignorable lists the properties that a run may leave out of its judgement
// (Run.Ignore): all but those without which the others mean nothing.
func Ignorable() []string {
	return slices.DeleteFunc(PropertyIDs(), func(id string) bool { return slices.Contains(integrityIDs, id) })
}

// wanted reports whether opt asks for one of the ids.
func (opt *Options) wanted(ids []string) bool {
	if len(opt.Only) == 0 {
		return true
	}
	for _, id := range ids {
		if slices.Contains(opt.Only, id) {
			return true
		}
	}
	return false
}
