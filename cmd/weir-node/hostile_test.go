package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"weir/system/message"
	"weir/system/wire"
	"weir/system/wire/weirv1"
	"weir/system/wire/weirv1grpc"
)

// arena is a distributor and an analyser as processes, with limits that a test can
// reach.
type arena struct {
	dir    string
	at     map[string]string
	d1, a1 *process
}

const arenaLimits = `
limits: {connections: 100, connections_per_ip: 40, calls: 1000, calls_per_ip: 200, handshake: 1s, stream_idle: 20s, stream_stall: 1s}
`

func newArena(t *testing.T) *arena {
	t.Helper()
	a := &arena{dir: t.TempDir(), at: map[string]string{"a1": free(t), "d1": free(t), "control": free(t)}}
	a.a1 = a.spawn(t, "analyse", "a1", "")
	serving(t, a.at["a1"])
	a.d1 = a.spawn(t, "distribute", "d1", fmt.Sprintf("control: %s\npeers: {a1: %q}\ndistributor: {analysers: [{id: a1, weight: 1}]}\n", a.at["control"], a.at["a1"]))
	serving(t, a.at["d1"])
	return a
}

func (a *arena) spawn(t *testing.T, role, name, config string) *process {
	t.Helper()
	file := filepath.Join(a.dir, name+".yaml")
	text := fmt.Sprintf("name: %s\nlisten: %s\ndata: %s\nlog: %s\n%s%s", name, a.at[name], filepath.Join(a.dir, name), filepath.Join(a.dir, "logs"), arenaLimits, config)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return spawn(t, role, "--config", file)
}

// client is a connection of an ordinary client, from an address of this machine.
func client(t *testing.T, addr, from string, options ...rpc.DialOption) *rpc.ClientConn {
	t.Helper()
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := rpc.NewClient("passthrough:///"+addr, append([]rpc.DialOption{
		rpc.WithTransportCredentials(insecure.NewCredentials()),
		rpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) { return d.DialContext(ctx, "tcp", addr) }),
		rpc.WithDefaultCallOptions(rpc.MaxCallSendMsgSize(64 << 20)),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

var sequence atomic.Uint64

// submission is a packet that no other has the id of.
func submission(source string, entries ...message.Entry) *weirv1.Submission {
	if len(entries) == 0 {
		entries = []message.Entry{{Text: "a line"}}
	}
	w, err := wire.PackSubmit(&message.Submit{Packet: message.NewPacket(message.ID{Source: source, Seq: sequence.Add(1)}, entries)})
	if err != nil {
		panic(err)
	}
	w.Head = &weirv1.Head{Token: sequence.Add(1)}
	return w
}

// submit sends one item on a stream of its own and returns the answer to it.
func submit(t *testing.T, conn *rpc.ClientConn, w *weirv1.Submission, pairs ...string) (*weirv1.SubmitResult, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s, err := weirv1grpc.NewIngestServiceClient(conn).Submit(metadata.AppendToOutgoingContext(ctx, pairs...))
	if err == nil {
		_ = s.Send(&weirv1.SubmitRequest{Items: []*weirv1.Submission{w}}) // Recv has the status
		var answer *weirv1.SubmitResponse
		if answer, err = s.Recv(); err == nil {
			return answer.GetItems()[0], nil
		}
	}
	return nil, err
}

// holds checks, while an attack goes on, that a stranger to it is served at once on a new
// connection, and that the distributor's memory has a bound.
func (a *arena) holds(t *testing.T) {
	t.Helper()
	conn := client(t, a.at["d1"], "127.0.0.2")
	defer conn.Close()
	answer, err := submit(t, conn, submission("witness"))
	if err != nil || answer.GetOutcome() != weirv1.Outcome_OUTCOME_COMMITTED {
		t.Errorf("another client is not served: %v, %v", answer, err)
	}
	if mib := a.d1.memory(t); mib > memoryMax {
		t.Fatalf("the distributor has used %d MiB", mib)
	}
}

// memoryMax is in MiB what no attack may make a node use, the race detector's part
// included.
const memoryMax = 400

// Each attack goes to the real listener of a real process. It meets the refusal that
// DESIGN.md states, memory stays bounded, and others are served meanwhile.
func TestHostile(t *testing.T) {
	a := newArena(t)
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			attack.run(t, a)
			a.holds(t)
		})
	}
	t.Logf("peaks of memory: distributor %d MiB, analyser %d MiB", a.d1.memory(t), a.a1.memory(t))
	a.ends(t)
}

// ends stops the nodes, and holds that nothing of the attacks is in what they wrote.
func (a *arena) ends(t *testing.T) {
	t.Helper()
	for _, p := range []*process{a.d1, a.a1} {
		p.Process.Signal(syscall.SIGTERM)
		if code := p.ends(t); code != exitOK {
			t.Errorf("%v: exit code %d\n%s", p.Args[1], code, p.errs.String())
		}
		harmless(t, p.Args[1]+"'s standard error", p.errs.String())
	}
	logs, err := filepath.Glob(filepath.Join(a.dir, "logs", "*.jsonl"))
	if err != nil || len(logs) != 2 {
		t.Fatalf("logs %v, %v", logs, err)
	}
	for _, name := range logs {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		harmless(t, name, string(b))
	}
}

// harmless checks that a text has nothing that a terminal obeys.
func harmless(t *testing.T, what, text string) {
	t.Helper()
	if strings.TrimSpace(text) == "" {
		t.Errorf("%s is empty: nothing was put to the test", what)
	}
	for i, r := range text {
		if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == utf8.RuneError {
			t.Errorf("%s has %q: %q", what, r, text[max(0, i-100):min(len(text), i+100)])
			return
		}
	}
}
