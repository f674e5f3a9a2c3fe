package logcheck

import "slices"

// missing says what is known to be missing of a run's logs; empty: nothing.
func missing(src Source) (string, error) {
	d, ok := src.(interface{ missing() string })
	if !ok {
		return "", nil
	}
	if _, err := src.List(); err != nil {
		return "", err
	}
	return d.missing(), nil
}

// undecided is the verdict on a log that is not read, because too much is missing for
// any rule: what is left would look like a system that acts without cause.
func undecided(run *Run, opt Options, why string) *Verdict {
	v := &Verdict{}
	for _, id := range PropertyIDs() {
		if opt.wanted([]string{id}) || slices.Contains(integrityIDs, id) {
			v.Results = append(v.Results, Result{ID: id, Status: Unknown, Detail: why})
		}
	}
	v.judge(run)
	return v
}
