package logcheck

import (
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzRun: whatever run.json holds, it is refused or understood: written out it reads back
// the same, and logs can be judged by it, at least as none.
func FuzzRun(f *testing.F) {
	f.Add([]byte(jsonOf(f, caseRun())))
	for _, text := range []string{
		`{}`, `{"format":1,"world":"sim","nodes":[{"name":"a","role":"analyser"}]}`,
		`{"format":1,"world":"tcp","clock_error_ns":9223372036854775807,"nodes":[{"name":"d","role":"distributor"}],"settle_max_ns":9223372036854775807}`,
		`{"format":1,"world":"sim","nodes":[{"name":"d","role":"distributor"}],"distributor":{"policy":"eligible","packet_max":1048576,"analysers":[{"id":"a","weight":0},{"id":"b","weight":1000000}]}}`,
		`{"format":1,"format":1}`, `{"nodes":[{"name":"\u001b"}]}`, "{\"format\":1}\x00",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRun(b)
		if err != nil {
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseRun(again)
		if err != nil || !reflect.DeepEqual(r, back) {
			t.Fatalf("%s is written as %s and read as another run: %v", b, again, err)
		}
		v, err := Check(Mem{}, r, Options{})
		if err == nil && v.Status == Pass {
			t.Fatalf("no logs at all pass by %s", again)
		}
	})
}
