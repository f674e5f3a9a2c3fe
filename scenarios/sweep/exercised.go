package sweep

import (
	"slices"
	"strings"

	"weir/faults"
	"weir/logcheck"
)

// Never lists, of the kinds of faults, the properties and the premises that a sweep
// could exercise, those that it never did, each with what it is: "fault freeze",
// "property F9", "premise resumed".
func (r *Report) Never() []string {
	var list []string
	for _, k := range AllKinds() {
		if r.Faults[k] == 0 {
			list = append(list, "fault "+k)
		}
	}
	for _, id := range logcheck.PropertyIDs() {
		if r.Properties[id] == 0 {
			list = append(list, "property "+id)
		}
	}
	for _, name := range logcheck.PremiseNames() {
		if r.Premises[name] == 0 {
			list = append(list, "premise "+name)
		}
	}
	return list
}

// AllKinds lists all kinds of faults that Kinds may tell, in ascending order.
func AllKinds() []string {
	var list []string
	for _, info := range faults.Vocabulary() {
		if info.Flat && !info.Ends() && info.Verb != faults.Impair {
			list = append(list, string(info.Verb))
		}
	}
	for word := range strings.FieldsSeq("delay jitter loss duplicate reorder corrupt rate") {
		list = append(list, "impair "+word)
	}
	slices.Sort(list)
	return list
}

// PairsOf says how many pairs of these kinds acted in one run, and how many there are.
func (r *Report) PairsOf(kinds []string) (seen, all int) {
	for i, a := range kinds {
		for _, b := range kinds[i+1:] {
			all++
			if r.Pairs[a+" + "+b] > 0 {
				seen++
			}
		}
	}
	return seen, all
}
