package logcheck

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGolden reads the logs that the writer of system/record is held to, byte for
// byte, and finds in them exactly the values of testdata/golden/values.txt, which
// has every kind of record and message that there is.
func TestGolden(t *testing.T) {
	var b strings.Builder
	kinds, msgs := map[Kind]bool{}, map[Msg]bool{}
	for _, name := range []string{"n1.1.jsonl", "faults.jsonl"} {
		data, err := os.ReadFile(filepath.Join("testdata", "golden", name))
		if err != nil {
			t.Fatal(err)
		}
		names, j := NewNames(), &formJudge{}
		f := &File{Name: name, Faults: name == faultsName, Inc: 1, Node: names.InternString(strings.SplitN(name, ".", 2)[0])}
		rd := &reader{file: f, j: j, buf: data, end: len(data), eof: true}
		rd.rec.names, rd.rec.File = names, f
		for {
			ok, err := rd.next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			kinds[rd.rec.Kind], msgs[rd.rec.Msg] = true, true
			b.WriteString(dumpRecord(&rd.rec))
		}
		if j.h2.Failed() || j.h6.Failed() || !f.endOK || f.torn {
			t.Errorf("%s: %s %s", name, j.h2.detail, j.h6.detail)
		}
	}
	for k := Kind(1); k < kindCount; k++ {
		if !kinds[k] {
			t.Errorf("the golden logs have no record of kind %s", k)
		}
	}
	for m := MsgNone + 1; m < msgCount; m++ {
		if !msgs[m] {
			t.Errorf("the golden logs have no message %s", m)
		}
	}
	path := filepath.Join("testdata", "golden", "values.txt")
	if os.Getenv("WEIR_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("values (-want +got):\n%s", d)
	}
}

// dumpRecord is a record as the checker's rules see it, by their own accessors.
func dumpRecord(r *Record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s, number %d at %d %d %d", r.KindName(), r.names.Name(r.Actor), r.Seq, r.T, r.M, r.G)
	for k := KeyK + headKeys; k < keyCount; k++ {
		if r.Has(k) {
			fmt.Fprintf(&b, " %s=%s", keyText[k], dumpValue(r.any(&r.vals[k])))
		}
	}
	for i := range r.extras {
		e := &r.extras[i]
		fmt.Fprintf(&b, " %s=%s", r.line[e.off:e.off+e.len], dumpValue(r.any(&e.val)))
	}
	if id, ok := r.ID(); ok {
		fmt.Fprintf(&b, " (packet %s %d %d)", r.names.Name(id.Source), id.Inc, id.Seq)
	}
	return b.String() + "\n"
}

func dumpValue(v any) string {
	if s, ok := v.(string); ok {
		return fmt.Sprintf("%+q", s)
	}
	return fmt.Sprint(v)
}
