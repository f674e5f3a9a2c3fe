package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// nodeEnv makes the test binary be weir-node.
const nodeEnv = "WEIR_NODE_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(nodeEnv) != "" {
		main() // it does not return
	}
	goleak.VerifyTestMain(m)
}

// process is a running weir-node.
type process struct {
	*exec.Cmd
	gone chan struct{} // closed when it has ended; then the others may be read
	errs output
	err  error
}

// output is what a process wrote so far.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func spawn(t *testing.T, args ...string) *process { return spawnWith(t, nil, args...) }

// spawnWith gives the process a standard input.
func spawnWith(t *testing.T, in io.Reader, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], args...)}
	p.Env = append(os.Environ(), nodeEnv+"=1")
	p.Stdin, p.Stderr = in, &p.errs
	p.begin(t)
	return p
}

// begin starts the process, which does not outlive the test.
func (p *process) begin(t *testing.T) {
	t.Helper()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	p.gone = make(chan struct{})
	go func() { p.err = p.Cmd.Wait(); close(p.gone) }()
	t.Cleanup(func() { p.Process.Kill(); p.Wait() })
}

// Wait waits until the process has ended, and says how. It may be called again.
func (p *process) Wait() error {
	<-p.gone
	return p.err
}

// hang is how long a test waits for what takes a second on an idle machine.
const hang = 2 * time.Minute

// ends waits for the process and returns its exit code.
func (p *process) ends(t *testing.T) int {
	t.Helper()
	select {
	case <-p.gone:
	case <-time.After(hang):
		p.Process.Kill()
		p.Wait()
		t.Fatalf("%v does not end:\n%s", p.Args[1:], p.errs.String())
	}
	return p.ProcessState.ExitCode()
}

// Ports that free gives are below those that the kernel gives to connections and to :0,
// so that no connection takes one before its node does; taken are those given already.
const portLow, portHigh = 10_000, 32_000

var taken sync.Map

// free returns an address that nobody listens at, never the same twice.
func free(t *testing.T) string {
	t.Helper()
	const block = 2_000 // tests of several packages run side by side, mostly in blocks of their own
	low := portLow + os.Getpid()%((portHigh-portLow)/block)*block
	for range 1000 {
		addr := fmt.Sprintf("127.0.0.1:%d", low+rand.IntN(block))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		l.Close()
		if _, before := taken.LoadOrStore(addr, true); !before {
			return addr
		}
	}
	t.Fatalf("no free port from %d to %d", portLow, portHigh)
	return ""
}

// soon tries again soon after a connection is refused.
var soon = rpc.WithConnectParams(rpc.ConnectParams{Backoff: backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1.5, MaxDelay: 200 * time.Millisecond}, MinConnectTimeout: 5 * time.Second})

// serving waits until a node's health service says that it is ready.
func serving(t *testing.T, addr string) {
	t.Helper()
	if strings.HasPrefix(addr, "http://") {
		healthy(t, addr)
		return
	}
	healthIs(t, addr, grpc_health_v1.HealthCheckResponse_SERVING)
}

// healthIs waits until a node's health service says so.
func healthIs(t *testing.T, addr string, want grpc_health_v1.HealthCheckResponse_ServingStatus) {
	t.Helper()
	conn, err := rpc.NewClient("passthrough:///"+addr, rpc.WithTransportCredentials(insecure.NewCredentials()), soon)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		answer, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{}, rpc.WaitForReady(true))
		if err != nil {
			t.Fatalf("health of %s: %v, want %v: %v", addr, answer, want, err)
		}
		if answer.Status == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// counter reads the value of a counter in an event log.
func counter(t *testing.T, log, name string) string {
	t.Helper()
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(b), fmt.Sprintf(`"name":%q,"val":`, name))
	if !ok {
		return "none"
	}
	value, _, _ := strings.Cut(rest, "}")
	return value
}

// A whole pipeline of processes: real lines go in, each is acknowledged once it is
// committed, weights are kept, and every node ends in order.
func TestPipeline(t *testing.T) {
	for transport, overHTTP := range map[string]string{"grpc": "", "http": "a1 a2 d1", "mixed": "a1 d1"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			pipeline(t, overHTTP)
		})
	}
}

// pipeline speaks HTTP to the nodes of overHTTP and gRPC to the others.
func pipeline(t *testing.T, overHTTP string) {
	dir := t.TempDir()
	input := filepath.Join(dir, "app.log")
	var text strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&text, "2026-01-02 03:04:05 INFO line %d\n", i)
	}
	if err := os.WriteFile(input, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	// On a busy machine nothing is to be submitted or attempted twice, and nobody taken for
	// dead: what comes again may go to the other analyser, and a verdict gives that one all.
	patient := filepath.Join(dir, "patient.yaml")
	if err := os.WriteFile(patient, []byte("emitter: {submit_timeout: 2m}\n"+
		"distributor: {attempt_timeout: 2m, detector: {interval: 1m, down_interval: 1m, timeout: 50s}}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	logs, at, listen := filepath.Join(dir, "logs"), map[string]string{}, map[string][]string{}
	for _, n := range []string{"a1", "a2", "d1"} {
		at[n] = free(t)
		listen[n] = []string{"--listen", at[n]}
		if strings.Contains(overHTTP, n) {
			listen[n] = []string{"--http-listen", at[n]}
			at[n] = "http://" + at[n]
		}
	}
	common := func(name string) []string {
		return []string{"--name", name, "--data", filepath.Join(dir, name), "--log", logs}
	}
	var nodes []*process
	for _, a := range []string{"a1", "a2"} {
		nodes = append(nodes, spawn(t, slices.Concat([]string{"analyse"}, listen[a], common(a))...))
		serving(t, at[a])
	}
	nodes = append(nodes, spawn(t, slices.Concat([]string{"distribute", "--config", patient, "--analyser", "a1=3@" + at["a1"], "--analyser", "a2=1@" + at["a2"]}, listen["d1"], common("d1"))...))
	serving(t, at["d1"])
	emit := spawn(t, append([]string{"emit", "--config", patient, "--to", "d1@" + at["d1"], "--input", input}, common("e1")...)...)
	if code := emit.ends(t); code != exitOK {
		t.Fatalf("emit: exit code %d\n%s", code, emit.errs.String())
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		nodes[i].Process.Signal(syscall.SIGTERM)
		if code := nodes[i].ends(t); code != exitOK {
			t.Errorf("%v: exit code %d\n%s", nodes[i].Args[1:3], code, nodes[i].errs.String())
		}
	}
	got := []string{
		counter(t, logs+"/e1.1.jsonl", "acked"), counter(t, logs+"/a1.1.jsonl", "commits"), counter(t, logs+"/a2.1.jsonl", "commits"),
	}
	// Packets of 100: 40 of them, three quarters to a1, each worker within its bound.
	if got[0] != "40" || got[1] < "26" || got[1] > "34" || len(got[1]) != 2 {
		t.Errorf("acknowledged %s, committed %s and %s\n%s", got[0], got[1], got[2], troubles(t, logs+"/d1.1.jsonl"))
	}
}

// troubles are the records of a distributor's log that say why a packet was sent twice.
func troubles(t *testing.T, file string) string {
	var all strings.Builder
	for line := range strings.Lines(string(read(t, file))) {
		for _, kind := range []string{"attempt_failed", "health", "join", "fail", "resumed"} {
			if strings.HasPrefix(line, `{"k":"`+kind+`"`) {
				all.WriteString(line)
			}
		}
	}
	return all.String()
}

func TestServeUsage(t *testing.T) {
	dir := t.TempDir()
	file := func(text string) string {
		name := filepath.Join(dir, fmt.Sprintf("c%d.yaml", len(text)))
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, c := range []struct {
		says string
		args []string
	}{
		{`name ""`, []string{"analyse", "--listen", "127.0.0.1:0", "--data", dir}},
		{"no data folder", []string{"analyse", "--listen", "127.0.0.1:0", "--name", "a"}},
		{"no address to listen at", []string{"distribute", "--name", "d", "--data", dir}},
		{`"a1=x@h" is not ID=WEIGHT@ADDR`, []string{"distribute", "--analyser", "a1=x@h"}},
		{`"d1" is not NAME@ADDR`, []string{"emit", "--to", "d1"}},
		{"not a regular file", []string{"emit", "--name", "e", "--data", dir, "--to", "d1@h:1", "--input", dir}},
		{"no such file", []string{"emit", "--name", "e", "--data", dir, "--to", "d1@h:1", "--input", dir + "/none"}},
		{`unknown field "bogus"`, []string{"analyse", "--config", file("name: a\nbogus: 1\n")}},
		{"more than", []string{"analyse", "--config", file("name: a # " + strings.Repeat("x", configMax))}},
		{"batch packets -1", []string{"analyse", "--config", file("name: a\ndata: d\nlisten: l\nanalyser: {batch_max: -1}\n")}},
		{`node "a1" has no address`, []string{"distribute", "--config", file("name: d\ndata: d\nlisten: l\ndistributor: {analysers: [{id: a1, weight: 1}]}\n")}},
		{"only flags are expected", []string{"analyse", "surplus"}},
		{"no command", []string{"bogus"}},
	} {
		code, out, complaint := call(t, "", c.args...)
		if code != exitUsage || out != "" || !strings.Contains(complaint, c.says) {
			t.Errorf("%q: code %d, %q; want %q", c.args, code, complaint, c.says)
		}
	}
}

// A configuration file and flags mean the same.
func TestConfigFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "d.yaml")
	text := `
name: d1
listen: 127.0.0.1:1
data: /tmp/d1
peers: {a1: "127.0.0.1:2", a2: {data: "127.0.0.1:3", probe: "127.0.0.1:4"}}
distributor:
  workers: 2
  policy: finish
  attempt_timeout: 700ms
  analysers: [{id: a1, weight: 3}, {id: a2, weight: 1}]
  detector: {interval: 200ms, timeout: 100ms}
`
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := parseConfig("distribute", []string{"--config", name, "--listen", "127.0.0.1:9"}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	d := c.Distributor
	if c.Listen != "127.0.0.1:9" || d.Workers != 2 || d.AttemptTimeout != 700*time.Millisecond || d.Detector.Interval != 200*time.Millisecond || len(d.Analysers) != 2 {
		t.Errorf("%+v", c)
	}
	if p := c.peers(); p["a1"].Data != "127.0.0.1:2" || p["a2"].Probe != "127.0.0.1:4" {
		t.Errorf("peers %+v", p)
	}
}

// A node on a lifeline ends when whoever holds the other end is gone.
func TestLifeline(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.yaml")
	at := free(t)
	if err := os.WriteFile(file, fmt.Appendf(nil, "name: a1\nlisten: %s\ndata: %s\nlifeline: true\n", at, filepath.Join(dir, "data")), 0o644); err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(os.Args[0], "analyse", "--config", file)}
	p.Env = append(os.Environ(), nodeEnv+"=1")
	p.Stderr = &p.errs
	line, err := p.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.begin(t)
	serving(t, at)
	line.Close()
	if code := p.ends(t); code != exitInterrupted {
		t.Errorf("exit code %d\n%s", code, p.errs.String())
	}
}
