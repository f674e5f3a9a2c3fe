package scenarios

import (
	"encoding/json"
	"testing"

	"weir/logcheck"
)

// The checker must know every name that a scenario may require, and no more: what
// it refuses in run.json would make a run fail after all the work.
func TestTermsAreTheCheckers(t *testing.T) {
	sc, err := Load("crash")
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(sc, Options{Interrupted: func() bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	judge := func(name string) error {
		var header map[string]any
		if err := json.Unmarshal(res.Header, &header); err != nil {
			t.Fatal(err)
		}
		header["require"] = []string{name}
		data, err := json.Marshal(header)
		if err != nil {
			t.Fatal(err)
		}
		_, err = logcheck.ParseRun(data)
		return err
	}
	for _, name := range append(append([]string{}, Premises()...), Properties()...) {
		if err := judge(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if judge("flying") == nil {
		t.Error("the checker accepts a premise that does not exist")
	}
}
