package sweep

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Version is the version of a report's JSON form.
const Version = 1

// Report is what a sweep found. The zero value with Version is empty and ready.
type Report struct {
	Version int `json:"version"`
	// Build names the program that ran, What what it ran.
	Build string `json:"build"`
	What  string `json:"what"`
	// Runs counts the runs, Failed those that went otherwise than expected, Events their
	// scheduler events.
	Runs   int64  `json:"runs"`
	Failed int64  `json:"failed"`
	Events uint64 `json:"events"`
	// Plain counts the runs of which a plain check of shares says something (no fault,
	// 1,000 messages), Off those in which it finds a share more than five points from its
	// weight's: what a test without this checker would have caught.
	Plain int64 `json:"plain"`
	Off   int64 `json:"off"`
	// Groups has each distinct failure once, the most frequent first.
	Groups []*Group `json:"groups"`
	// Faults, Properties and Premises count the runs in which a kind of fault acted, a
	// property was judged, a premise held; Pairs those in which two kinds of faults did,
	// joined by " + ".
	Faults     map[string]int64 `json:"faults"`
	Pairs      map[string]int64 `json:"pairs"`
	Properties map[string]int64 `json:"properties"`
	Premises   map[string]int64 `json:"premises"`
}

// Group is one distinct failure.
type Group struct {
	Failure
	// Runs is how many runs showed it; Fastest is the one with the fewest events.
	Runs    int64 `json:"runs"`
	Fastest Run   `json:"fastest"`
}

// Add adds a run. The order of additions does not matter. O(groups + pairs of faults).
func (r *Report) Add(o Outcome) {
	r.Runs++
	r.Events += o.Run.Events
	if len(o.Failures) > 0 {
		r.Failed++
	}
	if o.Plain {
		r.Plain++
	}
	if o.Off {
		r.Off++
	}
	for _, f := range o.Failures {
		r.group(&Group{f, 1, o.Run})
	}
	count(&r.Faults, o.Faults...)
	count(&r.Properties, o.Judged...)
	count(&r.Premises, o.Held...)
	for i, a := range o.Faults {
		for _, b := range o.Faults[i+1:] {
			count(&r.Pairs, a+" + "+b)
		}
	}
	r.sort()
}

func count(m *map[string]int64, keys ...string) {
	if *m == nil {
		*m = map[string]int64{}
	}
	for _, k := range keys {
		(*m)[k]++
	}
}

// group adds a group to the one of the same failure.
func (r *Report) group(g *Group) {
	for _, old := range r.Groups {
		if old.Failure == g.Failure {
			old.Runs += g.Runs
			if g.Fastest.before(old.Fastest) {
				old.Fastest = g.Fastest
			}
			return
		}
	}
	r.Groups = append(r.Groups, g)
}

func (r *Report) sort() {
	slices.SortFunc(r.Groups, func(a, b *Group) int {
		return cmp.Or(cmp.Compare(b.Runs, a.Runs), cmp.Compare(a.Property, b.Property), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Signature, b.Signature))
	})
}

// Merge adds what another sweep found, of other seeds of the same thing.
func (r *Report) Merge(o *Report) {
	r.Runs += o.Runs
	r.Failed += o.Failed
	r.Events += o.Events
	r.Plain += o.Plain
	r.Off += o.Off
	for _, g := range o.Groups {
		copied := *g
		r.group(&copied)
	}
	for _, pair := range []struct{ to, from *map[string]int64 }{
		{&r.Faults, &o.Faults}, {&r.Pairs, &o.Pairs}, {&r.Properties, &o.Properties}, {&r.Premises, &o.Premises},
	} {
		count(pair.to)
		for k, n := range *pair.from {
			(*pair.to)[k] += n
		}
	}
	r.sort()
}

// Bound is the share of failing runs, in parts per million rounded up, that a sweep
// without failure excludes at 95 %: about 3/runs (the rule of three). False if there were
// failures or no runs.
func (r *Report) Bound() (ppm int64, ok bool) {
	if r.Failed > 0 || r.Runs == 0 {
		return 0, false
	}
	return min((3_000_000+r.Runs-1)/r.Runs, 1_000_000), true
}

// fileMax bounds a report's file, in bytes.
const fileMax = 64 << 20

// Read reads the JSON form, strictly.
func Read(r io.Reader) (*Report, error) {
	limited := &io.LimitedReader{R: r, N: fileMax + 1}
	d := json.NewDecoder(limited)
	d.DisallowUnknownFields()
	report := &Report{}
	if err := d.Decode(report); err != nil {
		if limited.N <= 0 {
			return nil, fmt.Errorf("sweep report: longer than %d bytes", fileMax)
		}
		return nil, fmt.Errorf("sweep report: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("sweep report: text after the object")
	}
	return report, report.validate()
}

func (r *Report) validate() error {
	var bad []error
	if r.Version != Version {
		bad = append(bad, fmt.Errorf("sweep report: version %d, only %d is known", r.Version, Version))
	}
	if r.Runs < 0 || r.Failed < 0 || r.Failed > r.Runs {
		bad = append(bad, fmt.Errorf("sweep report: %d runs, %d of them failed", r.Runs, r.Failed))
	}
	if r.Plain < 0 || r.Off < 0 || r.Off > r.Plain || r.Plain > r.Runs {
		bad = append(bad, fmt.Errorf("sweep report: a plain check of %d of %d runs, %d off", r.Plain, r.Runs, r.Off))
	}
	for _, g := range r.Groups {
		if g == nil || g.Runs < 1 || g.Runs > r.Failed || g.Property == "" {
			bad = append(bad, errors.New("sweep report: a group without property, or with another number of runs than can be"))
			break
		}
	}
	for _, m := range []map[string]int64{r.Faults, r.Pairs, r.Properties, r.Premises} {
		for _, n := range m {
			if n < 0 || n > r.Runs {
				bad = append(bad, fmt.Errorf("sweep report: a count of %d in %d runs", n, r.Runs))
			}
		}
	}
	return errors.Join(bad...)
}

// Write writes the JSON form; equal reports give equal bytes.
func (r *Report) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
