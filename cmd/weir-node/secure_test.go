package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"weir/system/message"
	"weir/system/transport/tlsconf"
	"weir/system/transport/tlsconf/tlstest"
	"weir/system/wire"
	"weir/system/wire/weirv1"
	"weir/system/wire/weirv1grpc"
)

// fortress is a pipeline whose nodes have certificates.
type fortress struct {
	t     *testing.T
	dir   string
	ca    *tlstest.Authority
	at    map[string]string
	nodes []*process
}

func newFortress(t *testing.T) *fortress {
	dir := t.TempDir()
	f := &fortress{t: t, dir: dir, ca: tlstest.New(t, dir, "ca"), at: map[string]string{}}
	for _, n := range []string{"a1", "d1", "control"} {
		f.at[n] = free(t)
	}
	return f
}

// files issues a certificate and returns the lines of the configuration that name it.
func (f *fortress) files(role, name string) tlsconf.Config {
	cert, key := f.ca.Issue(f.t, role+"-"+name, tlstest.Cert{URIs: []string{"weir://" + role + "/" + name}})
	return tlsconf.Config{Cert: cert, Key: key, CA: f.ca.File}
}

// config writes a node's configuration file.
func (f *fortress) config(role, name, rest string) string {
	f.t.Helper()
	c := f.files(role, name)
	file := filepath.Join(f.dir, name+".yaml")
	text := fmt.Sprintf("name: %s\ndata: %s\ntls: {cert: %s, key: %s, ca: %s}\nlimits: {handshake: 1s}\n%s",
		name, filepath.Join(f.dir, name), c.Cert, c.Key, c.CA, rest)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return file
}

// as is a connection to a node of somebody with a certificate; an empty role: without.
func (f *fortress) as(role, name, to, at string, toRole ...string) *rpc.ClientConn {
	f.t.Helper()
	c := tlsconf.Config{CA: f.ca.File}
	if role != "" {
		c = f.files(role, name)
	}
	files, err := tlsconf.Load(c, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	conn, err := rpc.NewClient("passthrough:///"+f.at[at], rpc.WithTransportCredentials(credentials.NewTLS(files.Client(to, toRole...))), soon)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { conn.Close() })
	return conn
}

func (f *fortress) up(name, at, role string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 20*time.Second)
	defer cancel()
	conn := f.as("operator", "o1", name, at, role)
	_, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{}, rpc.WaitForReady(true))
	if err != nil {
		for _, p := range f.nodes {
			p.Process.Kill()
			p.Wait()
			f.t.Log(p.errs.String())
		}
		f.t.Fatal(err)
	}
}

func (f *fortress) start() {
	f.t.Helper()
	f.nodes = append(f.nodes, spawn(f.t, "analyse", "--config", f.config("analyser", "a1", "listen: "+f.at["a1"]+"\n")))
	f.up("a1", "a1", tlsconf.Analyser)
	f.nodes = append(f.nodes, spawn(f.t, "distribute", "--config", f.config("distributor", "d1", fmt.Sprintf(
		"listen: %s\ncontrol: %s\npeers: {a1: %q}\ndial_allow: [127.0.0.0/8]\ndistributor: {analysers: [{id: a1, weight: 1}]}\n", f.at["d1"], f.at["control"], f.at["a1"]))))
	f.up("d1", "d1", tlsconf.Distributor)
}

// The pipeline works with certificates: lines are committed, an operator's document is
// applied, and who may do what is decided by the certificate alone.
func TestMutualTLS(t *testing.T) {
	f := newFortress(t)
	f.start()
	input := filepath.Join(f.dir, "in.log")
	if err := os.WriteFile(input, []byte(strings.Repeat("a line\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	emit := spawn(t, "emit", "--config", f.config("emitter", "e1", fmt.Sprintf("peers: {d1: %q}\nemitter: {distributors: [d1]}\n", f.at["d1"])), "--input", input)
	if code := emit.ends(t); code != exitOK {
		t.Fatalf("emit: exit code %d\n%s", code, emit.errs.String())
	}
	f.rights(t)
	f.strangers(t)
	f.newAuthority(t)
	f.stop()
}

// stop ends the nodes in order.
func (f *fortress) stop() {
	f.t.Helper()
	for _, p := range f.nodes {
		p.Process.Signal(syscall.SIGTERM)
		if code := p.ends(f.t); code != exitOK {
			f.t.Errorf("%v: exit code %d\n%s", p.Args[1], code, p.errs.String())
		}
	}
}

// The methods, as somebody with a connection calls them.
var methods = map[string]func(ctx context.Context, conn *rpc.ClientConn) error{
	"submit": func(ctx context.Context, conn *rpc.ClientConn) error {
		s, err := weirv1grpc.NewIngestServiceClient(conn).Submit(ctx)
		if err != nil {
			return err
		}
		_ = s.Send(&weirv1.SubmitRequest{Items: []*weirv1.Submission{submission("e7")}})
		_, err = s.Recv()
		return err
	},
	"dispatch": func(ctx context.Context, conn *rpc.ClientConn) error {
		w, err := wire.PackDispatch(&message.Dispatch{Attempt: 1, Packet: message.NewPacket(message.ID{Source: "e7", Seq: sequence.Add(1)}, []message.Entry{{Text: "x"}})})
		if err != nil {
			return err
		}
		w.Head = &weirv1.Head{Token: 1}
		s, err := weirv1grpc.NewAnalyserServiceClient(conn).Dispatch(ctx)
		if err != nil {
			return err
		}
		_ = s.Send(&weirv1.DispatchRequest{Items: []*weirv1.Dispatch{w}})
		_, err = s.Recv()
		return err
	},
	"probe": func(ctx context.Context, conn *rpc.ClientConn) error {
		s, err := weirv1grpc.NewAnalyserServiceClient(conn).Probe(ctx)
		if err != nil {
			return err
		}
		_ = s.Send(&weirv1.ProbeRequest{Items: []*weirv1.Probe{{Head: &weirv1.Head{Token: 1}, Number: 1}}})
		_, err = s.Recv()
		return err
	},
	"state": func(ctx context.Context, conn *rpc.ClientConn) error {
		_, err := weirv1grpc.NewControlServiceClient(conn).State(ctx, &weirv1.StateRequest{})
		return err
	},
	"apply": func(ctx context.Context, conn *rpc.ClientConn) error {
		_, err := weirv1grpc.NewControlServiceClient(conn).Apply(ctx, &weirv1.ApplyRequest{Document: []byte(`{"op":"weight","id":"a1","weight":2}`)})
		return err
	},
	"reflect": func(ctx context.Context, conn *rpc.ClientConn) error {
		s, err := grpc_reflection_v1.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
		if err != nil {
			return err
		}
		_ = s.Send(&grpc_reflection_v1.ServerReflectionRequest{MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{}})
		_, err = s.Recv()
		return err
	},
	"health": func(ctx context.Context, conn *rpc.ClientConn) error {
		_, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		return err
	},
}

// rights holds the whole table: which role may call what.
func (f *fortress) rights(t *testing.T) {
	allowed := map[string]string{"submit": "emitter", "dispatch": "distributor", "probe": "distributor", "apply": "operator", "state": "operator", "reflect": "operator"}
	for _, role := range []string{"emitter", "distributor", "analyser", "operator"} {
		for _, to := range []struct {
			name, at, role string
			methods        []string
		}{
			{"d1", "d1", tlsconf.Distributor, []string{"submit", "health"}},
			{"d1", "control", tlsconf.Distributor, []string{"apply", "state", "reflect", "health"}},
			{"a1", "a1", tlsconf.Analyser, []string{"dispatch", "probe", "health"}},
		} {
			conn := f.as(role, "e7", to.name, to.at, to.role)
			for _, m := range to.methods {
				want := codes.PermissionDenied
				if m == "health" || allowed[m] == role {
					want = codes.OK
				}
				if err := try(t, conn, m); status.Code(err) != want {
					t.Errorf("%s calls %s: %v, want %v", role, m, err, want)
				}
			}
		}
	}
	conn := f.as("emitter", "e1", "d1", "d1", tlsconf.Distributor)
	if err := try(t, conn, "submit"); status.Code(err) != codes.PermissionDenied {
		t.Errorf("e1 submits a packet of e7: %v", err)
	}
	conn = f.as("emitter", "e7", "d1", "d1", tlsconf.Distributor)
	if err := try(t, conn, "submit", "weir-node", "e1", "weir-incarnation", "1"); status.Code(err) != codes.PermissionDenied {
		t.Errorf("e7 says that it is e1: %v", err)
	}
	if err := try(t, conn, "submit", "weir-node", "e7", "weir-incarnation", "1"); err != nil {
		t.Errorf("e7 says that it is e7: %v", err)
	}
	for _, at := range []string{"d1", "a1"} { // what belongs to the control listener is nowhere else
		conn := f.as("operator", "o1", at, at, tlsconf.Distributor, tlsconf.Analyser)
		for _, m := range []string{"apply", "state", "reflect"} {
			if err := try(t, conn, m); status.Code(err) != codes.Unimplemented {
				t.Errorf("%s at %s's data listener: %v", m, at, err)
			}
		}
	}
}

func try(t *testing.T, conn *rpc.ClientConn, method string, pairs ...string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), pairs...), 10*time.Second)
	defer cancel()
	return methods[method](ctx, conn)
}

// strangers are without a certificate, or without TLS at all, or do not finish to say.
func (f *fortress) strangers(t *testing.T) {
	var halfOpen []*rawConn
	for _, at := range []string{"d1", "a1", "control"} {
		c := dialRaw(t, f.at[at], "")
		c.put([]byte{22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3}) // a ClientHello that says how long it is, and stops
		halfOpen = append(halfOpen, c, dialRaw(t, f.at[at], ""))
	}
	for _, at := range []string{"d1", "a1", "control"} {
		name := strings.Replace(at, "control", "d1", 1)
		if err := try(t, f.as("", "", name, at, tlsconf.Distributor, tlsconf.Analyser), "health"); status.Code(err) != codes.Unavailable {
			t.Errorf("%s, no certificate: %v", at, err)
		}
		if err := try(t, client(t, f.at[at], "127.0.0.1"), "health"); status.Code(err) != codes.Unavailable {
			t.Errorf("%s, no TLS: %v", at, err)
		}
		if err := try(t, f.as("emitter", "e7", name, at, tlsconf.Distributor, tlsconf.Analyser), "health"); err != nil {
			t.Errorf("%s, while handshakes are half open: %v", at, err)
		}
	}
	for _, c := range halfOpen {
		if !c.closes(10 * time.Second) {
			t.Errorf("%s: a handshake may stay half open", c.RemoteAddr())
		}
	}
}

// newAuthority adds one to the file of those that are believed, while the nodes run.
func (f *fortress) newAuthority(t *testing.T) {
	conn := f.as("emitter", "e7", "d1", "d1", tlsconf.Distributor)
	if err := try(t, conn, "submit"); err != nil {
		t.Fatal(err)
	}
	next := tlstest.New(t, t.TempDir(), "next")
	both := append(read(t, f.ca.File), read(t, next.File)...)
	if err := os.WriteFile(f.ca.File, both, 0o600); err != nil {
		t.Fatal(err)
	}
	cert, key := next.Issue(t, "x", tlstest.Cert{URIs: []string{"weir://emitter/e8"}})
	files, err := tlsconf.Load(tlsconf.Config{Cert: cert, Key: key, CA: f.ca.File}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		conn, err := rpc.NewClient("passthrough:///"+f.at["d1"], rpc.WithTransportCredentials(credentials.NewTLS(files.Client("d1", tlsconf.Distributor))))
		if err != nil {
			t.Fatal(err)
		}
		err = try(t, conn, "health")
		conn.Close()
		if err == nil {
			break
		}
		if i == 100 {
			t.Fatalf("the new authority is not believed: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err := try(t, conn, "submit"); err != nil {
		t.Errorf("the connection from before: %v", err)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// With a token nothing on the control listener works without it, and an operator that
// has it is obeyed.
func TestControlToken(t *testing.T) {
	dir, control := t.TempDir(), free(t)
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	listen := free(t)
	d1 := spawn(t, "distribute", "--name", "d1", "--data", filepath.Join(dir, "d1"), "--listen", listen, "--log", dir,
		"--control", control, "--control-token-file", token, "--analyser", "a1=1@127.0.0.1:1")
	serving(t, listen)
	conn := client(t, control, "127.0.0.1")
	for _, m := range []string{"apply", "state", "reflect", "health"} {
		for value, want := range map[string]codes.Code{
			"": codes.Unauthenticated, "Bearer": codes.Unauthenticated, "Bearer ": codes.Unauthenticated, "0123456789abcdef": codes.Unauthenticated,
			"Bearer 0123456789abcdeg": codes.Unauthenticated, "Basic 0123456789abcdef": codes.Unauthenticated,
			"Bearer 0123456789abcdef": codes.OK,
		} {
			if err := try(t, conn, m, "authorization", value); status.Code(err) != want {
				t.Errorf("%s with %q: %v, want %v", m, value, err, want)
			}
		}
		if err := try(t, conn, m); status.Code(err) != codes.Unauthenticated {
			t.Errorf("%s without a token: %v", m, err)
		}
	}
	operate := spawnWith(t, strings.NewReader(`d1 sup {"op":"weight","id":"a1","weight":7}`+"\n"), "operate", "--name", "o1", "--data", filepath.Join(dir, "o1"),
		"--log", dir, "--control-token-file", token, "--config", writeConfig(t, dir, fmt.Sprintf("peers: {d1: {data: %q, control: %q}}\n", listen, control)))
	for i := 0; !strings.Contains(string(read(t, filepath.Join(dir, "d1.1.jsonl"))), `"set":"a1=7`); i++ {
		if i == 200 {
			operate.Process.Kill()
			operate.Wait()
			t.Fatalf("the operator's document is not applied\n%s\n%s", operate.errs.String(), lastTable(read(t, filepath.Join(dir, "d1.1.jsonl"))))
		}
		time.Sleep(50 * time.Millisecond)
	}
	d1.Process.Signal(syscall.SIGTERM)
	d1.ends(t)
	if strings.Contains(d1.errs.String(), "0123456789abcdef") {
		t.Error("the token is in the log")
	}
}

func writeConfig(t *testing.T, dir, text string) string {
	t.Helper()
	name := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// What would open a node to strangers does not start.
func TestSecureUsage(t *testing.T) {
	dir := t.TempDir()
	distribute := func(text string) []string {
		if !strings.Contains(text, "peers:") {
			text += "peers: {a1: \"127.0.0.1:9\"}\n"
		}
		return []string{"distribute", "--config", writeConfig(t, t.TempDir(), "name: d1\ndata: "+filepath.Join(dir, "d")+"\nlisten: 127.0.0.1:0\n"+
			"distributor: {analysers: [{id: a1, weight: 1}]}\n"+text)}
	}
	short := filepath.Join(dir, "short")
	if err := os.WriteFile(short, []byte("0123456789\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	long := tokenFile(t, testToken)
	ca := tlstest.New(t, dir, "ca")
	cert, key := ca.Issue(t, "x", tlstest.Cert{URIs: []string{"weir://distributor/d2"}})
	files := fmt.Sprintf("tls: {cert: %s, key: %s, ca: %s}\n", cert, key, ca.File)
	const open = "whoever reaches it controls the node"
	for _, c := range []struct {
		code       int
		text, says string
	}{
		{exitUsage, "control: 0.0.0.0:0\n", open},
		{exitUsage, "control: \":0\"\n", open},
		{exitUsage, "control: \"[::]:0\"\n", open},
		{exitUsage, "control: 10.0.0.1:0\n", open},
		{exitUsage, "control: name.example:0\n", open},
		{exitUsage, "control: \"[::ffff:10.0.0.1]:0\"\n", open},
		{exitUsage, "control: 0.0.0.0:0\ntls: {cert: x, key: y, ca: z, anonymous: true}\n", open},
		{exitUsage, "tls: {ca: x}\n", "needs a certificate"},
		{exitUsage, "control: 0.0.0.0:0\ncontrol_token_file: " + long + "\n", `control_token_file: without tls whoever is on the way to control "0.0.0.0:0" reads the token`},
		{exitUsage, "http_control: 0.0.0.0:0\ncontrol_token_file: " + long + "\n", `http_control "0.0.0.0:0" reads the token`},
		{exitUsage, "control_token_file: " + long + "\npeers: {a1: {data: \"127.0.0.1:9\", control: \"a1.example:9\"}}\n", `peer a1 "a1.example:9" reads the token`},
		{exitUsage, "control_token_file: " + long + "\npeers: {a1: {data: \"127.0.0.1:9\", control: \"http://192.0.2.1:9\"}}\n", `peer a1 "192.0.2.1:9" reads the token`},
		{exitUsage, "http_control: 0.0.0.0:0\ntls: {cert: x, key: y, ca: z, anonymous: true}\n", open},
		{exitUsage, "limits: {request: 1ns}\n", "limits: request 1ns"},
		{exitInternal, "control: 192.0.2.1:0\ntoken_in_clear: true\ncontrol_token_file: " + long + "\n", "cannot assign"}, // it would start
		{exitUsage, "dial_allow: [nonsense]\n", "dial_allow"},
		{exitUsage, "dial_allow: [10.0.0.0/8]\n", `peer "a1": dial "127.0.0.1:9": the address is not allowed`},
		{exitUsage, "peers: {a1: \"169.254.169.254:80\"}\n", "is link-local"},
		{exitUsage, "limits: {connections: -1}\n", "limits: connections -1"},
		{exitUsage, "limits: {handshake: 1ns}\n", "limits: handshake 1ns"},
		{exitInternal, "control_token_file: " + short + "\n", "10 bytes, want 16 to 1024"},
		{exitInternal, "control_token_file: /none\n", "no such file"},
		{exitInternal, files, "the certificate is of weir://distributor/d2, the node is weir://distributor/d1"},
		{exitInternal, "tls: {cert: /none, key: /none, ca: /none}\n", "no such file"},
	} {
		code, out, complaint := call(t, "", distribute(c.text)...)
		if code != c.code || out != "" || !strings.Contains(complaint, c.says) {
			t.Errorf("%q: code %d, %q; want %d, %q", c.text, code, complaint, c.code, c.says)
		}
	}
	for addr, want := range map[string]bool{"127.0.0.1:1": true, "[::1]:1": true, "127.9.9.9:1": true, "localhost:1": true, ":1": false, "x:1": false, "1": false, "": false} {
		if loopback(addr) != want {
			t.Errorf("loopback(%q): want %v", addr, want)
		}
	}
}
