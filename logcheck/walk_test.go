package logcheck

import (
	"fmt"
	"strings"
	"testing"
)

const (
	walkHead = `{"k":"log","a":"-","s":0,"t":0,"m":0,"g":0,"v":1,"node":"%s","inc":%d,"role":"%s"}` + "\n"
	walkLine = `{"k":"start","a":"%s","s":1,"t":%d,"m":0,"g":%d}` + "\n"
)

// TestWalk: the records of all files in the run's order, without what is malformed, until
// no more are wanted; and one by one as they are written, the same records.
func TestWalk(t *testing.T) {
	mem := Mem{
		{"logs/e1.1.jsonl", []byte(fmt.Sprintf(walkHead+walkLine+"nonsense\n"+walkLine, "e1", 1, "emitter", "emit", 5, 2, "b", 9, 9))},
		{"faults.jsonl", []byte(fmt.Sprintf(walkHead, "faults", 1, "faults") + `{"k":"stopped","a":"faults","s":1,"t":5,"m":5,"g":1,"why":"settled"}` + "\n")},
		{"logs/d1.2.jsonl", []byte(fmt.Sprintf(walkHead+walkLine, "d1", 2, "distributor", "sup", 5, 2))},
		{"other.txt", []byte("x\n")},
	}
	run := caseRun()
	name := func(r *Record) string { return fmt.Sprintf("%s.%d:%d", r.NodeName(), r.File.Inc, r.Line) }
	walk := func(most int) (string, int64) {
		var got []string
		bad, err := Walk(mem, &run, func(r *Record) bool {
			got = append(got, name(r))
			return len(got) < most
		})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(got, " "), bad
	}
	const want = "d1.2:1 e1.1:1 faults.1:1 faults.1:2 d1.2:2 e1.1:2 e1.1:4"
	if got, bad := walk(100); got != want || bad != 1 {
		t.Errorf("%s with %d malformed, want %s with 1", got, bad, want)
	}
	if got, _ := walk(2); got != "d1.2:1 e1.1:1" {
		t.Errorf("two were wanted: %s", got)
	}
	run.World = "moon"
	if _, err := Walk(mem, &run, func(*Record) bool { return true }); err == nil {
		t.Error("a header that is not valid was taken")
	}

	lines, seen, refused := NewLines(), 0, 0
	for _, f := range mem[:3] {
		for line := range strings.Lines(string(f.Data)) {
			r, err := lines.Parse(f.Name, []byte(line))
			if err != nil {
				refused++
				if !strings.HasPrefix(err.Error(), "logs/e1.1.jsonl:3:1: ") {
					t.Errorf("%v", err)
				}
				continue
			}
			if seen++; !strings.Contains(want, name(r)) || string(r.Raw())+"\n" != line {
				t.Errorf("%s: %s", name(r), r.Raw())
			}
		}
	}
	if seen != 7 || refused != 1 {
		t.Errorf("%d records and %d refused", seen, refused)
	}
}
