package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"weir/logcheck"
)

// Surprises tells in what a judged run differs from what its scenario expects;
// none: the verdict is the expected one.
func Surprises(sc *Scenario, res *Result) []string {
	assert(res.Verdict != nil, "run of %s was not judged", sc.Name)
	v := res.Verdict
	if sc.Check.Expect == "fail" {
		want, got := slices.Sorted(slices.Values(sc.Check.ExpectFail)), slices.Sorted(slices.Values(v.Failed()))
		if !slices.Equal(want, got) {
			return []string{fmt.Sprintf("expected to fail: %s; failed: %s", strings.Join(want, " "), strings.Join(got, " "))}
		}
		return nil
	}
	var out []string
	if v.Status != logcheck.Pass {
		out = append(out, fmt.Sprintf("expected pass, got %s (run ended: %s)", v.Status, res.Stop))
	}
	for _, r := range v.Results {
		if r.Status == logcheck.Fail || r.Status == logcheck.Unknown {
			out = append(out, fmt.Sprintf("%s %s: %s", r.ID, r.Status, r.Detail))
			for _, w := range r.Witness {
				out = append(out, fmt.Sprintf("  %s:%d: %s", w.File, w.Line, w.Text))
			}
		}
	}
	if len(v.Missing) > 0 {
		out = append(out, "required, but vacuous: "+strings.Join(v.Missing, " "))
	}
	return out
}
