package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/system/distributor"
	"weir/system/message"
)

// The documents of a reload make any table the file's, and never one with fewer
// analysers than both have.
func TestDocumentsFor(t *testing.T) {
	for _, c := range []struct {
		now, want, drained string // analysers as id=weight, a drained one with !
		docs               string
	}{
		{"a=1 b=2", "b=2 a=1", "", ""},
		{"a=1 b=2!", "b=2 a=1", "", ""},
		{"a=1 b=2!", "b=2 a=1", "none", `{"op":"undrain","id":"b"}`},
		{"a=1", "a=3 b=0", "", `{"op":"weight","id":"a","weight":3} {"op":"add","id":"b","weight":0}`},
		{"a=1 c=2", "b=5", "", `{"op":"add","id":"b","weight":5} {"op":"remove","id":"a"} {"op":"remove","id":"c"}`},
		{"a=1 b=2!", "a=1 b=2", "a", `{"op":"drain","id":"a"} {"op":"undrain","id":"b"}`},
		{"a=1", "a=1 b=7", "b", `{"op":"add","id":"b","weight":0} {"op":"drain","id":"b"} {"op":"weight","id":"b","weight":7}`},
		{"a=1", "", "", ""},
	} {
		var now []message.AnalyserState
		var want distributor.Config
		for item := range strings.FieldsSeq(c.now) {
			item, drained := strings.CutSuffix(item, "!")
			a := message.AnalyserState{ID: item[:1], Drained: drained}
			fmt.Sscan(item[2:], &a.Weight)
			now = append(now, a)
		}
		for item := range strings.FieldsSeq(c.want) {
			a := distributor.Analyser{ID: item[:1]}
			fmt.Sscan(item[2:], &a.Weight)
			want.Analysers = append(want.Analysers, a)
		}
		switch c.drained {
		case "":
		case "none":
			want.Drained = []string{}
		default:
			want.Drained = []string{c.drained}
		}
		if got := strings.Join(documentsFor(now, &want), " "); got != c.docs {
			t.Errorf("from %s to %s, drained %s: %s", c.now, c.want, c.drained, got)
		}
	}
}

// Each document is for the version that the one before made; the first that is refused,
// because somebody else changed the table, is the last.
func TestInTurn(t *testing.T) {
	var got []string
	made := []uint64{8, 12}
	changes, err := inTurn([]string{`{"op":"drain","id":"a"}`, `{"op":"remove","id":"b"}`, `{"op":"remove","id":"c"}`, `{}`}, 7, func(_, text string) (uint64, error) {
		if got = append(got, text); len(got) > len(made) {
			return 0, errors.New("refused")
		}
		return made[len(got)-1], nil
	})
	want := []string{`{"op":"drain","id":"a","if_version":7}`, `{"op":"remove","id":"b","if_version":8}`, `{"op":"remove","id":"c","if_version":12}`}
	if changes != 2 || err == nil || !slices.Equal(got, want) {
		t.Errorf("%d changes by %q: %v", changes, got, err)
	}
}

// Every setting is either put in force by a reload or named as one that needs a restart.
func TestChangedSettings(t *testing.T) {
	a, b := &config{}, &config{}
	touch(reflect.ValueOf(b).Elem())
	b.Peers = map[string]peer{"new": {}}
	got := changed("", reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem())
	for _, want := range []string{"name", "listen", "control_token_file", "tls", "limits.connections", "log_format", "seed", "distributor.workers", "distributor.detector.interval", "emitter.generator", "inputs"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not named", want)
		}
	}
	for _, not := range []string{"log_level", "distributor.analysers", "distributor.drained", "peers"} {
		if slices.Contains(got, not) {
			t.Errorf("%s is named", not)
		}
	}
	if len(reloads) != 3 {
		t.Errorf("a reload puts %v in force: the list above does not say so", reloads)
	}
	if got := changed("", reflect.ValueOf(a).Elem(), reflect.ValueOf(a).Elem()); got != nil {
		t.Errorf("nothing changed but %v", got)
	}
	if got := movedPeers(map[string]peer{"a": {Data: "x"}, "b": {Data: "y"}}, map[string]peer{"a": {Data: "z"}, "c": {}}); !slices.Equal(got, []string{"peers.a"}) {
		t.Errorf("moved are %v", got)
	}
}

// touch makes every field of a struct other than zero.
func touch(v reflect.Value) {
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Struct:
			touch(f)
		case reflect.String:
			f.SetString("x")
		case reflect.Int, reflect.Int64:
			f.SetInt(1)
		case reflect.Uint32, reflect.Uint64:
			f.SetUint(1)
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
		}
	}
}

// tellsSoon waits until a process has said something on standard error.
func tellsSoon(t *testing.T, p *process, what string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(p.errs.String(), what); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never told: %s\n%s", what, p.errs.String())
		}
	}
}

// TestReload changes the file of a running distributor: by right, wrongly, and beyond
// what a reload can do; then restarts it.
func TestReload(t *testing.T) {
	dir, listen := t.TempDir(), free(t)
	write := func(level, distributor string) string {
		return writeConfig(t, dir, fmt.Sprintf("name: d1\nlisten: %s\ndata: %s\nlog: %s\nlog_level: %s\npeers: {a1: \"127.0.0.1:1\", a2: \"127.0.0.1:1\"}\ndistributor: {%s}\n",
			listen, filepath.Join(dir, "d1"), dir, level, distributor))
	}
	file := write("info", "analysers: [{id: a1, weight: 1}]")
	d1 := spawn(t, "distribute", "--config", file)
	tellsSoon(t, d1, `msg="table in force" node=d1 version=1 analysers=1`)
	write("debug", "workers: 3, drained: [a2], analysers: [{id: a1, weight: 4}, {id: a2, weight: 2}]")
	d1.Process.Signal(syscall.SIGHUP)
	tellsSoon(t, d1, "msg=reloaded node=d1 log_level=DEBUG table_changes=4")
	tellsSoon(t, d1, `settings=distributor.workers`)
	for wrong, says := range map[string]string{"workers: -7": "workers -7", "nonsense: 1": "nonsense"} {
		write("info", wrong)
		d1.Process.Signal(syscall.SIGHUP)
		tellsSoon(t, d1, says)
	}
	if got := lastTable(read(t, filepath.Join(dir, "d1.1.jsonl"))); got != "a1=4:up,a2=2:drain" {
		t.Errorf("the table is %s", got)
	}
	d1.Process.Signal(syscall.SIGTERM)
	d1.ends(t)
	if n := strings.Count(d1.errs.String(), "level=ERROR"); n != 2 {
		t.Errorf("%d errors for two wrong files:\n%s", n, d1.errs.String())
	}
	write("info", "analysers: [{id: a1, weight: 1}]")
	d1 = spawn(t, "distribute", "--config", file)
	tellsSoon(t, d1, `msg="table in force" node=d1 version=5 analysers=2`)
	tellsSoon(t, d1, "SIGHUP makes it so")
	d1.Process.Signal(syscall.SIGHUP)
	tellsSoon(t, d1, "table_changes=2")
	d1.Process.Signal(syscall.SIGTERM)
	d1.ends(t)
	log := string(read(t, filepath.Join(dir, "d1.2.jsonl")))
	if !strings.Contains(log, `"ver":5,"ok":true,"set":"a1=4:up,a2=2:drain","from":"disk"`) || !strings.Contains(log, `"ver":7,"ok":true,"set":"a1=1:up","from":"client"`) {
		t.Errorf("the event log does not tell the table's changes:\n%s", log)
	}
}

// A node says at every place the same of which program it is.
func TestBuild(t *testing.T) {
	code, out, _ := call(t, "", "version", "--output", "json")
	if code != exitOK || !strings.Contains(out, fmt.Sprintf(`"version": %q`, version())) || !strings.Contains(out, `"log_format": 1`) {
		t.Errorf("code %d: %s", code, out)
	}
	if code, out, _ := call(t, "", "--version"); code != exitOK || !strings.HasPrefix(out, "weir-node "+version()) {
		t.Errorf("code %d: %s", code, out)
	}
	for _, args := range [][]string{{"version", "x"}, {"version", "--output", "xml"}} {
		if code, _, _ := call(t, "", args...); code != exitUsage {
			t.Errorf("%q: code %d", args, code)
		}
	}
	dir, admin := t.TempDir(), free(t)
	a1 := spawn(t, "analyse", "--name", "a1", "--listen", free(t), "--data", filepath.Join(dir, "a1"), "--log", dir, "--admin", admin)
	answers(t, admin, "/readyz", 200)
	metric := fmt.Sprintf("version=%q", version())
	if _, text := get(t, admin, "/metrics"); !strings.Contains(text, "weir_build_info{") || !strings.Contains(text, metric) {
		t.Errorf("no %s in the metrics", metric)
	}
	a1.Process.Signal(syscall.SIGTERM)
	a1.ends(t)
	head, err := os.ReadFile(filepath.Join(dir, "a1.1.jsonl"))
	if want := fmt.Sprintf(`"build":%q`, version()); err != nil || !strings.Contains(strings.SplitN(string(head), "\n", 2)[0], want) {
		t.Errorf("no %s in the log's header: %v %.300s", want, err, head)
	}
}
