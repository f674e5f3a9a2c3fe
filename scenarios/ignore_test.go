package scenarios

import (
	"strings"
	"testing"

	"weir/logcheck"
)

// TestIgnore plays a scenario whose promise is broken from outside, and does not judge
// what that breaks.
func TestIgnore(t *testing.T) {
	sc, err := Load("canary", "check.expect=pass", "check.expect_fail=[]", "check.ignore=C2,C10")
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(sc, Options{Seed: 1, Check: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := Surprises(sc, res); len(got) > 0 {
		t.Errorf("C2 and C10 are ignored, and yet: %s", strings.Join(got, "\n"))
	}
	if r, ok := res.Verdict.Result("C2"); !ok || r.Status != logcheck.Vacuous || r.Detail == "" {
		t.Errorf("C2 is %+v, want vacuous with a reason", r)
	}
	for _, id := range []string{"H2", "X9"} {
		if _, err := Load("canary", "check.ignore="+id); err == nil {
			t.Errorf("%s may be ignored", id)
		}
	}
}
