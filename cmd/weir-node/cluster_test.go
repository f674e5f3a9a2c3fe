package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// trio are three distributors that share their table.
type trio struct {
	control, http map[string]string // where each takes documents, by gRPC and HTTP
	file          map[string]string // its configuration
	nodes         map[string]*process
}

// newTrio starts them: d2 is told of the table over HTTP, the others over gRPC. They watch
// each other by memberlist, with a key; their event logs are in dir.
func newTrio(t *testing.T, dir string) *trio {
	t.Helper()
	x := &trio{map[string]string{}, map[string]string{}, map[string]string{}, map[string]*process{}}
	key, first := filepath.Join(dir, "key"), free(t)
	if err := os.WriteFile(key, []byte(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 32))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	peers := ""
	for _, n := range []string{"d1", "d2", "d3"} {
		x.control[n], x.http[n] = free(t), free(t)
		addr := x.control[n]
		if n == "d2" {
			addr = "http://" + x.http[n]
		}
		peers += fmt.Sprintf("  %s: {control: %q}\n", n, addr)
	}
	for _, n := range []string{"d1", "d2", "d3"} { // the first is there when the others join it
		bind := first
		if n != "d1" {
			bind = free(t)
		}
		x.file[n] = writeConfig(t, t.TempDir(), fmt.Sprintf(`name: %s

data: %q
log: %q
memberlist: {bind: %q, join: [%q], key_file: %q}
listen: %q
control: %q
http_control: %q
peers:
  a1: 127.0.0.1:1
  a2: 127.0.0.1:1
%sdistributor:
  state: crdt
  cluster: {peers: [d1, d2, d3], interval: 50ms}
  analysers: [{id: a1, weight: 1}, {id: a2, weight: 1}]
`, n, t.TempDir(), dir, bind, first, key, free(t), x.control[n], x.http[n], peers))
		x.start(t, n)
	}
	return x
}

func (x *trio) start(t *testing.T, n string) {
	t.Helper()
	x.nodes[n] = spawn(t, "distribute", "--config", x.file[n])
	serving(t, x.control[n])
}

func (x *trio) apply(t *testing.T, at, doc string) {
	t.Helper()
	resp, err := http.Post("http://"+x.http[at]+"/v1/control", "application/json", strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s at %s: %s", doc, at, resp.Status)
	}
}

// shows waits until a distributor's table has that row.
func (x *trio) shows(t *testing.T, at, want string) {
	t.Helper()
	out := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		_, out, _ = call(t, "", "state", at+"@"+x.control[at])
		if strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			return
		}
	}
	t.Fatalf("%s does not show %q:\n%s\n%s", at, want, out, x.nodes[at].errs.String())
}

// A change at one distributor is in force at all, over both transports, and one that was
// killed meanwhile learns of it when it comes back.
func TestDistributorsShareTheirTable(t *testing.T) {
	dir := t.TempDir()
	x := newTrio(t, dir)
	x.apply(t, "d1", `{"op":"weight","id":"a1","weight":7}`)
	x.shows(t, "d2", "a1 127.0.0.1:1 7 no")
	x.shows(t, "d3", "a1 127.0.0.1:1 7 no")
	if err := x.nodes["d3"].Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = x.nodes["d3"].Wait() // killed
	x.apply(t, "d2", `{"op":"drain","id":"a2"}`)
	x.shows(t, "d1", "a2 127.0.0.1:1 1 yes")
	x.start(t, "d3")
	x.shows(t, "d3", "a2 127.0.0.1:1 1 yes")
	x.says(t, dir, `"node":"d3","to":"alive","inc":1}`)
	x.says(t, dir, `"node":"d3","to":"alive","inc":2}`)
	if err := x.nodes["d2"].Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := x.nodes["d2"].ends(t); code != exitOK {
		t.Errorf("d2 ended with %d: %s", code, x.nodes["d2"].errs.String())
	}
	x.says(t, dir, `"node":"d2","to":"failed"`)
}

// says waits until the event log of d1 has that.
func (x *trio) says(t *testing.T, dir, want string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if bytes.Contains(read(t, filepath.Join(dir, "d1.1.jsonl")), []byte(want)) {
			return
		}
	}
	t.Fatalf("d1 does not say %s\n%s\n%s", want, x.nodes["d1"].errs.String(), x.nodes["d2"].errs.String())
}

// A distributor that could not talk to its cluster does not start.
func TestClusterUsage(t *testing.T) {
	file := writeConfig(t, t.TempDir(), `name: d1
data: `+t.TempDir()+`
listen: 127.0.0.1:0
peers: {a1: "127.0.0.1:1", d2: {data: "127.0.0.1:2"}}
memberlist: {bind: "10.0.0.1:7000", join: [nowhere]}
distributor: {state: crdt, cluster: {peers: [d1, d2, d3]}, analysers: [{id: a1, weight: 1}]}
`)
	code, _, complaint := call(t, "", "distribute", "--config", file)
	for _, want := range []string{"nowhere to tell this one", `"d2" has no control address`, `"d3" has no control address`, "without key_file only a loopback", `join "nowhere" is not HOST:PORT`} {
		if code != exitUsage || strings.Count(complaint, want) != 1 {
			t.Errorf("code %d, want %q once in:\n%s", code, want, complaint)
		}
	}
}
