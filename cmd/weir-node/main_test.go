package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func call(t *testing.T, in string, args ...string) (code int, out, complaint string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(args, strings.NewReader(in), &o, &e)
	return code, o.String(), e.String()
}

func TestCheckControl(t *testing.T) {
	for _, c := range []struct {
		name, doc string
		code      int
		says      string
	}{
		{"weight", `{"op":"weight","id":"a1","weight":5}`, exitOK, "accepted, version 2: a1=5:up,a2=1:up"},
		{"drain", `{"op":"drain","id":"a2"}`, exitOK, "a2=1:drain"},
		{"add", `{"op":"add","id":"a3","weight":7}`, exitOK, "a3=7:up"},
		{"unknown id", `{"op":"weight","id":"a9","weight":5}`, exitRefused, "refused, version 1 stays"},
		{"negative", `{"op":"weight","id":"a1","weight":-5}`, exitRefused, "refused"},
		{"not a number", `{"op":"weight","id":"a1","weight":NaN}`, exitRefused, "not valid JSON"},
		{"control characters", "\x1b[31m", exitRefused, "refused"},
		{"too large", strings.Repeat("x", documentMax+5), exitRefused, "at most 65536"},
	} {
		code, out, complaint := call(t, c.doc, "check-control", "--analysers", "a1=3,a2=1")
		if code != c.code || !strings.Contains(out, c.says) || strings.Contains(out, "\x1b") {
			t.Errorf("%s: code %d, %q, %q; want %d and %q", c.name, code, out, complaint, c.code, c.says)
		}
	}
}

func TestCheckControlReadsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.json")
	if err := os.WriteFile(path, []byte(`{"op":"remove","id":"a2"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out, complaint := call(t, "", "check-control", "--analysers=a1=3,a2=1", path); code != exitOK || strings.Contains(out, "a2") {
		t.Errorf("code %d, %q, %q", code, out, complaint)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{}, {"emit"}, {"check-control"}, {"check-control", "--analysers", "a1"}, {"check-control", "--analysers", "a1=-1"},
		{"check-control", "--analysers", "a1=1,a1=2"}, {"check-control", "--analysers", "a1=1", "no such file"},
		{"check-control", "--analysers", "a1=1", "a", "b"}, {"check-control", "--bogus"},
	} {
		if code, out, complaint := call(t, "", args...); code != exitUsage || out != "" || complaint == "" {
			t.Errorf("%q: code %d, %q, %q", args, code, out, complaint)
		}
	}
	if code, out, _ := call(t, "", "--version"); code != exitOK || !strings.HasPrefix(out, "weir-node ") {
		t.Errorf("--version: code %d, %q", code, out)
	}
}
