package logcheck

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// slowSource yields a run a few bytes at a time.
type slowSource struct{ Mem }

func (s slowSource) data(string) (int, int, int) { panic("not the fast way") }

func (s slowSource) Open(name string) (io.ReadCloser, error) {
	rc, err := s.Mem.Open(name)
	return io.NopCloser(iotest.HalfReader(iotest.OneByteReader(rc))), err
}

// TestChunksDoNotMatter judges the same run from memory and from a reader that
// gives a byte at a time: lines and checksums span the chunks.
func TestChunksDoNotMatter(t *testing.T) {
	m, _ := genRun{packets: 20}.mem()
	fast, err := Check(m, genHeader(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	slow, err := Check(slowSource{m}, genHeader(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if jsonOf(t, fast) != jsonOf(t, slow) {
		t.Errorf("fast %s\nslow %s", jsonOf(t, fast), jsonOf(t, slow))
	}
	for _, id := range append(harnessIDs, deliveryIDs...) {
		if r, _ := fast.Result(id); r.Status == Fail || r.Status == Unknown {
			t.Errorf("%s: %v %s", id, r.Status, r.Detail)
		}
	}
}

// TestLongLine finds a line above 1 MiB at its place, goes on after it and needs
// no more memory for a longer one.
func TestLongLine(t *testing.T) {
	for _, size := range []int{lineMax - 60, lineMax + 1, 5 * lineMax} {
		head := `{"k":"log","a":"-","s":0,"t":0,"m":0,"g":0,"v":1,"node":"a1","inc":1,"role":"analyser"}` + "\n"
		text := head + `{"k":"x_a","a":"m","s":1,"t":1,"m":1,"g":1,"b":"` + strings.Repeat("y", size-50) + `"}` + "\n" +
			`{"k":"x_a","a":"m","s":2,"t":2,"m":2,"g":2}` + "\n"
		j := &formJudge{h2: Tally{Name: "H2"}, h6: Tally{Name: "H6"}}
		names := NewNames()
		f := &File{Name: "logs/a1.1.jsonl", Node: names.InternString("a1"), Inc: 1}
		rd := &reader{file: f, j: j, src: iotest.HalfReader(strings.NewReader(text)), buf: make([]byte, 4096)}
		rd.rec.names, rd.rec.File = names, f
		last := 0
		for {
			ok, err := rd.next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			last = rd.rec.Line
		}
		long := size > lineMax
		if last != 3 || j.h6.Failed() != long || long && j.h6.witness[0].Line != 2 {
			t.Errorf("size %d: last line %d, H6 %v %v", size, last, j.h6.Failed(), j.h6.witness)
		}
		if cap(rd.buf) > 4*lineMax {
			t.Errorf("size %d: the buffer grew to %d", size, cap(rd.buf))
		}
	}
}

// TestErrorsHavePlaces looks at file:line:column.
func TestErrorsHavePlaces(t *testing.T) {
	for _, c := range []struct {
		line string
		col  int
		msg  string
	}{
		{`{"k":"stop","a":"m","s":1,"t":1,"m":1,"g":1,"z":1}`, 45, `unknown key "z" in stop`},
		{`{"k":"stop","a":"m","s":01,"t":1,"m":1,"g":1}`, 25, "not an integer"},
		{`{"k":"gone","a":"m","s":1,"t":1,"m":1,"g":1}`, 12, `unknown kind "gone"`},
		{`{"k":"emit","a":"m","s":1,"t":1,"m":1,"g":1,"id":"e1/1"}`, 56, errID.Error()},
		{`{"k":"emit","a":"m","s":1,"t":1,"m":1,"g":1,"id":"e1/1/1"}`, 1, `emit lacks the key "n"`},
		{"{\"k\":\"stop\",\"a\":\"m\",\"s\":1,\"t\":1,\"m\":1,\"g\":1,\"z\":\"\x1b\"}", 45, `unknown key "z" in stop`},
		{"{\"k\":\"x_a\",\"a\":\"m\",\"s\":1,\"t\":1,\"m\":1,\"g\":1,\"z\":\"a\x1b\"}", 50, "raw control character or invalid UTF-8"},
	} {
		r := &Record{names: NewNames()}
		col, msg := scanLine(r, []byte(c.line), false)
		if col != c.col || msg != c.msg {
			t.Errorf("%s: column %d %q, want %d %q", c.line, col, msg, c.col, c.msg)
		}
	}
	e := ParseError{File: "logs/a.1.jsonl", Line: 3, Col: 9, Msg: "bad \x1b[31m\u202e"}
	if got, want := e.Error(), `logs/a.1.jsonl:3:9: bad \u001b[31m\u202e`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestValues reads every type of value back.
func TestValues(t *testing.T) {
	r := &Record{names: NewNames()}
	line := `{"k":"pick","a":"w1","s":7,"t":8,"m":9,"g":10,"p":18446744073709551615,"id":"e1/2/3","att":1,"n":4,"to":"a1","v":5,"x":"a2,\u0061\u0033"}`
	if col, msg := scanLine(r, []byte(line), false); msg != "" {
		t.Fatal(col, msg)
	}
	id, ok := r.ID()
	got := fmt.Sprintln(r.Kind, r.names.Name(r.Actor), r.Seq, r.T, r.M, r.G, r.Uint(KeyP), r.Int(KeyP), r.Uint(KeyN), ok,
		id.Text(r.names), r.names.Name(r.Sym(KeyTo)), r.Str(KeyX), r.Has(KeyRaw), r.Lookup("x"), r.Lookup("att"), r.Lookup("raw"), r.Is(KeyTo, "a1"))
	want := "pick w1 7 8 9 10 18446744073709551615 0 4 true e1/2/3 a1 a2,a3 false a2,a3 1 <nil> true\n"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestRunHeader holds run.json to its form, with every complaint at once.
func TestRunHeader(t *testing.T) {
	good := jsonOf(t, caseRun())
	if _, err := ParseRun([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want string }{
		{`"format": 1`, `"format": 2`, "format is 2"},
		{`"world": "sim"`, `"world": "moon"`, `world is "moon"`},
		{`"format": 1`, `"format": 1, "colour": "red"`, "colour"},
		{`"a1"`, `"a1\u001b"`, "is no name"},
		{`"deficit"`, `"cunning"`, `policy "cunning"`},
		{`"packet_max": 10`, `"packet_max": 1048577`, "packet_max is 1048577"},
		{`"require": null`, `"require": ["luck"]`, `"luck"`},
		{`"clock_error_ns": 0`, `"clock_error_ns": 5`, "clock_error_ns is 5 in world sim"},
		{`"role": "emitter"`, `"role": "king"`, `role "king"`},
		{`"format": 1`, `"format": 2, "format": 1`, `2:23: key "format" stands twice`},
		{`"role": "emitter"`, `"role": "analyser", "role": "emitter"`, `key "role" stands twice`},
		{`"format": 1`, `"FORMAT": 1`, `2:10: unknown key "FORMAT"`},
		{`"format": 1`, `"format": "one"`, "2:17: format must not be of the JSON type string"},
		{`"format": 1`, `"format": NaN`, "2:12: invalid character 'N'"},
		{good, "", "the file is empty"},
		{good, good[:30], "the file ends in the middle"},
		{good, "\ufeff" + good, "1:1: invalid character"},
	} {
		if _, err := ParseRun([]byte(strings.Replace(good, c.from, c.to, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.to, err, c.want)
		}
	}
	bad := caseRun()
	bad.Format, bad.World, bad.Nodes = 0, "", nil
	if err := bad.Validate(); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("not all errors at once: %v", err)
	}
	for _, text := range []string{"", "{}", good + "x", good + "{}", "[]", strings.Repeat(" ", headerMax+1)} {
		if _, err := ParseRun([]byte(text)); err == nil {
			t.Errorf("accepted %.20q", text)
		}
	}
}

// TestNothingToJudge: no header is an error, no logs are never a pass.
func TestNothingToJudge(t *testing.T) {
	dir := t.TempDir()
	if _, err := CheckDir(dir, Options{}); err == nil {
		t.Error("an empty directory has a verdict")
	}
	run := caseRun()
	if err := os.WriteFile(filepath.Join(dir, "run.json"), []byte(jsonOf(t, run)), 0o666); err != nil {
		t.Fatal(err)
	}
	v, err := CheckDir(dir, Options{})
	if err != nil || v.Status != Inconclusive {
		t.Errorf("a run without logs: %v %v", v, err)
	}
	m := make(Mem, filesMax+1)
	for i := range m {
		m[i].Name = fmt.Sprintf("logs/a1.%d.jsonl", i+1)
	}
	if _, err := Check(m, &run, Options{}); err == nil {
		t.Error("too many files are accepted")
	}
}

// TestManyFiles reads more files than are held open at once.
func TestManyFiles(t *testing.T) {
	run := caseRun()
	run.Nodes = nil
	var m Mem
	var script strings.Builder
	for i := range openMax + 20 {
		name := fmt.Sprintf("n%d", i)
		run.Nodes = append(run.Nodes, RunNode{name, "operator"})
		fmt.Fprintf(&script, "%d n%d.1/main x_a\n", i+1, i)
	}
	m, _, _ = parseCase(t, jsonLine(run)+"\n"+script.String())
	v, err := CheckDir(writeRun(t, m, &run), Options{})
	if err != nil || v.Status != Pass || v.Records != int64(3*(openMax+21)) {
		t.Errorf("%v %v", v, err)
	}
}

// TestCompare finds the first difference in world time.
func TestCompare(t *testing.T) {
	a, _ := genRun{packets: 30}.mem()
	b, _ := genRun{packets: 30}.mem()
	if d, err := Compare(a, b); d != nil || err != nil {
		t.Fatalf("equal runs differ: %v %v", d, err)
	}
	change := func(name string, from, to string) {
		for i := range b {
			if b[i].Name == name {
				b[i].Data = bytes.Replace(b[i].Data, []byte(from), []byte(to), 1)
			}
		}
	}
	change("logs/a1.1.jsonl", `"cs":2,`, `"cs":9,`)
	change("logs/e1.1.jsonl", `"t":5001`, `"t":5000`)
	d, err := Compare(a, b)
	if err != nil || d == nil || d.File != "logs/e1.1.jsonl" || d.T != 5000 || !strings.Contains(d.A, `"t":5001`) || !strings.Contains(d.B, `"t":5000`) {
		t.Errorf("first difference: %v %v", d, err)
	}
	d, err = Compare(a, a[1:])
	if err != nil || d == nil || d.File != a[0].Name || d.Line != 1 || d.B != "" {
		t.Errorf("a file that is missing: %v %v", d, err)
	}
}
