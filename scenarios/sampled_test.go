package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"regexp"
	"strings"
	"testing"

	"weir/logcheck"
	"weir/system/record"
)

var (
	idKey  = regexp.MustCompile(`"id":"([^"]*)"`)
	seqKey = regexp.MustCompile(`^\{"k":"[a-z_]*","a":"([^"]*)","s":(\d+)`)
)

// sampleLog is what a node's log would be with the records of one packet in oneIn.
func sampleLog(log []byte, oneIn uint32) []byte {
	var out bytes.Buffer
	seq, lines := map[string]int{}, 0
	for line := range bytes.Lines(log) {
		if m := idKey.FindSubmatch(line); m != nil && !record.InSample(m[1], oneIn) {
			continue
		}
		m := seqKey.FindSubmatchIndex(line)
		actor := string(line[m[2]:m[3]])
		text := string(line)
		switch {
		case strings.HasPrefix(text, `{"k":"log"`):
			text = strings.TrimSuffix(text, "}\n") + fmt.Sprintf(`,"one_in":%d}`+"\n", oneIn)
		case strings.HasPrefix(text, `{"k":"end"`):
			head, _, _ := strings.Cut(text, `"n":`)
			text = head + fmt.Sprintf(`"n":%d,"crc":"%08x"}`+"\n", lines, crc32.Checksum(out.Bytes(), crc32.MakeTable(crc32.Castagnoli)))
		default:
			seq[actor]++
			text = text[:m[4]] + fmt.Sprint(seq[actor]) + text[m[5]:]
		}
		out.WriteString(text)
		lines++
	}
	return out.Bytes()
}

// TestSampledLogs holds that a sample of a log raises no alarm that the whole log does not
// raise, decides nothing that it cannot, and still decides what it can.
func TestSampledLogs(t *testing.T) {
	seen := map[string]int{} // how often a property was decided
	for i, name := range Names() {
		sc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		res, err := Run(sc, Options{Seed: seedDefault, Check: true})
		if err != nil {
			t.Fatal(err)
		}
		run, err := logcheck.ParseRun(res.Header)
		if err != nil {
			t.Fatal(err)
		}
		whole := map[string]logcheck.Result{}
		for _, r := range res.Verdict.Results {
			whole[r.ID] = r
		}
		oneIn := []uint32{2, 10}[i%2]
		if name == "canary" {
			oneIn = 2 // the packets whose loss it is about are not many
		}
		v := judgeSample(t, res, run, oneIn)
		if v.Status == logcheck.Pass || name == "canary" && v.Status != logcheck.Fail {
			t.Errorf("%s, one in %d: the run is %s", name, oneIn, v.Status)
		}
		for _, r := range v.Results {
			seen[r.ID]++
			if r.Status == logcheck.Vacuous || r.Status == logcheck.Unknown {
				seen[r.ID]--
			}
			if why := wrongOfSample(r, whole[r.ID]); why != "" {
				text, _ := json.Marshal(r)
				t.Errorf("%s, one in %d: %s: %s", name, oneIn, why, text)
			}
		}
	}
	for _, id := range []string{"C1", "C2", "C3", "C4", "C5", "C7", "C12", "C13", "R1", "R7", "R10", "R13", "F1", "F2", "F4", "F5", "F6", "F12", "F13", "F15", "B2", "B4"} {
		if seen[id] == 0 {
			t.Errorf("no sample decides %s", id)
		}
	}
}

// judgeSample judges a sample of a run's logs.
func judgeSample(t *testing.T, res *Result, run *logcheck.Run, oneIn uint32) *logcheck.Verdict {
	t.Helper()
	mem := logcheck.Mem{{Name: "faults.jsonl", Data: res.Faults}}
	for _, f := range res.Logs {
		mem = append(mem, logcheck.MemFile{Name: f.Name, Data: sampleLog(f.Data.Bytes(), oneIn)})
	}
	v, err := logcheck.Check(mem, run, logcheck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wrongOfSample says what is wrong with a verdict on a sample, beside that on the whole.
func wrongOfSample(r, whole logcheck.Result) string {
	says := strings.Contains(r.Detail, "one packet in")
	switch r.Status {
	case logcheck.Pass:
		if !says || whole.Status == logcheck.Vacuous || whole.Status == logcheck.Unknown {
			return "passes without saying of what, or what the whole log does not decide"
		}
	case logcheck.Fail:
		if whole.Status != logcheck.Fail {
			return "a false alarm"
		}
	case logcheck.Unknown:
		if !says && whole.Status != logcheck.Unknown {
			return "unknown for another reason"
		}
	}
	return ""
}

// Logs with different samples have some packets in part: nothing is judged.
func TestMixedSamples(t *testing.T) {
	sc, err := Load("crash")
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(sc, Options{Seed: seedDefault})
	if err != nil {
		t.Fatal(err)
	}
	run, err := logcheck.ParseRun(res.Header)
	if err != nil {
		t.Fatal(err)
	}
	for i := range res.Logs {
		if strings.Contains(res.Logs[i].Name, "/a1.") {
			res.Logs[i].Data = Text{sampleLog(res.Logs[i].Data.Bytes(), 2)}
		}
	}
	v, err := logcheck.Check(res.source(), run, logcheck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range v.Results {
		if r.Status != logcheck.Unknown || !strings.Contains(r.Detail, "logs/a1.1.jsonl has one packet in 2") {
			t.Fatalf("%s is %s: %s", r.ID, r.Status, r.Detail)
		}
	}
	for i := range res.Logs { // and one that says it is a sample of fewer than it is
		if log := res.Logs[i].Data.Bytes(); !strings.Contains(res.Logs[i].Name, "/a1.") {
			res.Logs[i].Data = Text{bytes.Replace(log, []byte("}\n"), []byte(`,"one_in":2}`+"\n"), 1)}
		}
	}
	if v, err = logcheck.Check(res.source(), run, logcheck.Options{}); err != nil || v.Status != logcheck.Fail {
		t.Errorf("%v %v", v.Status, err)
	}
}
