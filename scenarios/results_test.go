package scenarios

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

// resultRecord is what of a record says what analysers compute.
type resultRecord struct {
	K, ID, DG     string
	N, Msgs, Errs uint64
	CS            uint64
}

// computed is what a run's logs say of the messages, each sum modulo 2^64.
type computed struct {
	emitted          map[string]uint64 // by packet
	sum              uint64            // of what was emitted
	digests          uint64            // of the analysers' last digests
	twice            uint64            // of copies that a further analyser committed
	copies           int
	messages, errors uint64 // of the digests
}

func compute(t *testing.T, res *Result) computed {
	t.Helper()
	c := computed{emitted: map[string]uint64{}}
	committed := map[string]map[string]bool{} // by packet: in which stores
	last := map[string]resultRecord{}         // by store
	for _, f := range res.Logs {
		node := f.Name[len("logs/"):]
		node = node[:len(node)-len(".1.jsonl")]
		for line := range bytes.Lines(f.Data.Bytes()) {
			var r resultRecord
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatal(err)
			}
			sum, _ := strconv.ParseUint(r.DG, 16, 64)
			switch r.K {
			case "emit":
				if _, again := c.emitted[r.ID]; !again {
					c.sum += sum
				}
				c.emitted[r.ID] = sum
			case "commit":
				if committed[r.ID] == nil {
					committed[r.ID] = map[string]bool{}
				}
				committed[r.ID][node] = true
			case "digest":
				last[node] = r
			}
		}
	}
	for _, r := range last {
		sum, _ := strconv.ParseUint(r.DG, 16, 64)
		c.digests += sum
		c.messages += r.Msgs
		c.errors += r.Errs
	}
	for id, in := range committed {
		c.twice += c.emitted[id] * uint64(len(in)-1)
		c.copies += len(in) - 1
	}
	return c
}

// TestResultsDoNotDependOnTheRun holds that the same messages give the same results
// whatever the policy, the number of workers, distributors and analysers, and the
// faults: all digests together, without the copies that a second analyser committed
// because the first one's receipt was lost, are what the emitters cut.
func TestResultsDoNotDependOnTheRun(t *testing.T) {
	faults := "at 3s for 1s crash a1\nat 5s for 2s cut a2 -> d1 acks\nat 8s for 500ms stop a2\nat 9s for 700ms crash d1\nat 11s for 1s disk_break a1\nat 12s for 1s pause a2\n"
	var first computed
	copies := 0
	for i, c := range []struct{ text string }{
		{"distributors: {workers: 1}\nanalysers: {count: 1}\n"},
		{"distributors: {workers: 4, policy: random}\nanalysers: {count: 3, weights: [5, 1, 2]}\n"},
		{"distributors: {workers: 2, state: shared}\nanalysers: {count: 3}\nfaults: |\n  " + strings.ReplaceAll(faults, "\n", "\n  ")},
		{"distributors: {count: 2, workers: 3, policy: finish, attempt_timeout: 300ms}\nanalysers: {count: 2, weights: [1, 7]}\nfaults: |\n  " + strings.ReplaceAll(faults, "\n", "\n  ")},
	} {
		sc, err := Parse("results-test", []byte("name: results-test\nanalyser: {results: true, compact: 8KiB}\nemitters: {count: 2, rate: 40/s, packets: 400, buffer: {packets: 5000}}\n"+c.text))
		if err != nil {
			t.Fatal(err)
		}
		res, err := Run(sc, Options{Seed: 5, Check: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range res.Verdict.Results {
			if r.Failures > 0 || (r.ID == "D1" || r.ID == "D2") && r.Judged == 0 {
				t.Errorf("run %d: %+v", i, r)
			}
		}
		got := compute(t, res)
		if i == 0 {
			first = got
		}
		copies += got.copies
		if len(got.emitted) != 800 || got.sum != first.sum {
			t.Errorf("run %d: %d packets with the sum %x were emitted, in the first one %d with %x: this test needs the same", i, len(got.emitted), got.sum, len(first.emitted), first.sum)
		}
		if got.digests-got.twice != got.sum {
			t.Errorf("run %d: the digests add up to %x, less %d copies %x; emitted were %x", i, got.digests, got.copies, got.digests-got.twice, got.sum)
		}
		if got.copies == 0 && (got.messages != first.messages || got.errors != first.errors) {
			t.Errorf("run %d: %d messages and %d errors, in the first one %d and %d", i, got.messages, got.errors, first.messages, first.errors)
		}
	}
	if copies == 0 {
		t.Error("no packet was committed twice: nothing was put to the test")
	}
}
