package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/transport/tlsconf"
	"weir/system/transport/tlsconf/tlstest"
	"weir/system/wire"
)

var anyRole = []string{tlsconf.Emitter, tlsconf.Distributor, tlsconf.Analyser, tlsconf.Operator}

// web is an HTTP client with these files that believes the node of that name only.
func (f *fortress) web(c tlsconf.Config, to string, tune ...func(*tls.Config)) *http.Client {
	f.t.Helper()
	files, err := tlsconf.Load(c, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	conf := files.Client(to, anyRole...)
	conf.NextProtos = []string{"h2", "http/1.1"}
	for _, t := range tune {
		t(conf)
	}
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: conf, DisableKeepAlives: true, ForceAttemptHTTP2: true}}
}

// call makes a request of the form METHOD PATH to an address and returns the status, 0 if
// there is none, and the answer.
func webCall(t *testing.T, c *http.Client, scheme, addr, op, body string, header ...string) (int, string) {
	t.Helper()
	method, path, _ := strings.Cut(op, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, scheme+"://"+addr+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if path == "/v1/dispatches" {
		r.Header.Set("Content-Type", "application/x-ndjson")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := c.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(b)
}

// packetJSON is a submission of one packet that no other has the id of.
func packetJSON(source string) string {
	return fmt.Sprintf(`{"packets":[{"id":"%s/0/%d","entries":[{"body":"a line"}]}]}`, source, sequence.Add(1))
}

// dispatchJSON is one for an analyser.
func dispatchJSON(t *testing.T, source string) string {
	t.Helper()
	d, err := wire.PackDispatchJSON(&message.Dispatch{Attempt: 1, Packet: message.NewPacket(message.ID{Source: source, Seq: sequence.Add(1)}, []message.Entry{{Text: "x"}})})
	if err != nil {
		t.Fatal(err)
	}
	b, err := wire.EncodeJSON(&d)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// mixed starts a pipeline in which d1 reaches a1 by gRPC with probes by HTTP and a2 the
// other way round, everything encrypted.
func (f *fortress) mixed() {
	f.t.Helper()
	for _, n := range []string{"a1-http", "a2", "a2-http", "d1-http", "d1-control", "d1-admin"} {
		f.at[n] = free(f.t)
	}
	for _, a := range []string{"a1", "a2"} {
		f.nodes = append(f.nodes, spawn(f.t, "analyse", "--config", f.config("analyser", a, fmt.Sprintf("log: %s\nlisten: %s\nhttp_listen: %s\n", f.logs(), f.at[a], f.at[a+"-http"]))))
		f.up(a, a, tlsconf.Analyser)
	}
	f.nodes = append(f.nodes, spawn(f.t, "distribute", "--config", f.config("distributor", "d1", fmt.Sprintf(
		"log: %s\nlisten: %s\nhttp_listen: %s\ncontrol: %s\nhttp_control: %s\nadmin: %s\ndial_allow: [127.0.0.0/8]\n"+
			"peers: {a1: {data: %q, probe: \"https://%s\"}, a2: {data: \"https://%s\", probe: %q}}\n"+
			"distributor: {attempt_timeout: 20s, analysers: [{id: a1, weight: 1}, {id: a2, weight: 1}]}\n",
		f.logs(), f.at["d1"], f.at["d1-http"], f.at["control"], f.at["d1-control"], f.at["d1-admin"], f.at["a1"], f.at["a1-http"], f.at["a2-http"], f.at["a2"]))))
	f.up("d1", "d1", tlsconf.Distributor)
}

func (f *fortress) logs() string { return filepath.Join(f.dir, "logs") }

// A pipeline of both transports, all of it encrypted and each end known: packets of two
// emitters are committed by both analysers, and an operator's document reaches d1.
func TestMutualHTTPS(t *testing.T) {
	f := newFortress(t)
	f.mixed()
	input := filepath.Join(f.dir, "in.log")
	if err := os.WriteFile(input, []byte(strings.Repeat("a line\n", 2000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"e1": f.at["d1"], "e2": "https://" + f.at["d1-http"]} {
		emit := spawn(t, "emit", "--config", f.config("emitter", name, fmt.Sprintf("peers: {d1: %q}\nemitter: {distributors: [d1]}\n", to)), "--input", input)
		if code := emit.ends(t); code != exitOK {
			t.Fatalf("%s: exit code %d\n%s", name, code, emit.errs.String())
		}
	}
	operate := spawnWith(t, strings.NewReader(`d1 sup {"op":"weight","id":"a1","weight":7}`+"\n"), "operate", "--config",
		f.config("operator", "o1", fmt.Sprintf("peers: {d1: {data: %q, control: \"https://%s\"}}\n", f.at["d1"], f.at["d1-control"])))
	for end := time.Now().Add(20 * time.Second); !strings.Contains(string(read(t, f.logs()+"/d1.1.jsonl")), `"set":"a1=7`); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			operate.Process.Kill()
			t.Fatalf("the operator's document is not applied: %v\n%s", operate.Wait(), operate.errs.String())
		}
	}
	f.webRights(t)
	f.webNames(t)
	f.webAdmin(t)
	f.webStrangers(t)
	f.webAuthority(t)
	f.stop()
	for _, a := range []string{"a1", "a2"} { // 40 packets between them, half to each, and those of the checks
		if got := counter(t, f.logs()+"/"+a+".1.jsonl", "commits"); len(got) != 2 || got < "15" {
			t.Errorf("%s committed %s packets", a, got)
		}
	}
}

// webRights holds the whole table over HTTP: which role may do what.
func (f *fortress) webRights(t *testing.T) {
	t.Helper()
	health := []string{"GET /healthz", "GET /readyz"}
	allowed := map[string]string{
		"POST /v1/packets": tlsconf.Emitter, "POST /v1/dispatch": tlsconf.Distributor, "POST /v1/dispatches": tlsconf.Distributor, "POST /v1/probe": tlsconf.Distributor,
		"POST /v1/control": tlsconf.Operator, "GET /openapi.yaml": tlsconf.Operator,
	}
	for _, role := range anyRole {
		files := f.files(role, "e7")
		for at, ops := range map[string][]string{
			"d1-http": {"POST /v1/packets"}, "a1-http": {"POST /v1/dispatch", "POST /v1/dispatches", "POST /v1/probe"}, "d1-control": {"POST /v1/control", "GET /openapi.yaml"},
		} {
			name, _, _ := strings.Cut(at, "-")
			c := f.web(files, name)
			for _, op := range append(ops, health...) {
				body := map[string]string{
					"POST /v1/packets": packetJSON("e7"), "POST /v1/dispatch": dispatchJSON(t, "e7"), "POST /v1/dispatches": dispatchJSON(t, "e7"), "POST /v1/probe": `{"number":1}`,
					"POST /v1/control": `{"op":"weight","id":"a1","weight":1}`,
				}[op]
				want := http.StatusForbidden
				if slices.Contains(health, op) || allowed[op] == role {
					want = http.StatusOK
				}
				if status, answer := webCall(t, c, "https", f.at[at], op, body); status != want {
					t.Errorf("%s does %s: %d %s, want %d", role, op, status, answer, want)
				}
			}
		}
	}
	for at, op := range map[string]string{"d1-http": "POST /v1/control", "a1-http": "GET /openapi.yaml"} { // what belongs to the control listener is nowhere else
		name, _, _ := strings.Cut(at, "-")
		if status, answer := webCall(t, f.web(f.files("operator", "o7"), name), "https", f.at[at], op, "{}"); status != http.StatusNotFound {
			t.Errorf("%s at %s: %d %s", op, at, status, answer)
		}
	}
}

// webNames holds that nobody with a certificate is believed another name.
func (f *fortress) webNames(t *testing.T) {
	t.Helper()
	c := f.web(f.files("emitter", "e7"), "d1")
	for _, x := range []struct {
		body   string
		node   string
		status int
		says   string
	}{
		{packetJSON("e1"), "", 403, "the certificate is of weir://emitter/e7"},
		{packetJSON("e7"), "e1", 403, `header weir-node "e1": the certificate is of weir://emitter/e7`},
		{packetJSON("e7"), "e7", 200, "committed"},
	} {
		var header []string
		if x.node != "" {
			header = []string{"Weir-Node", x.node, "Weir-Incarnation", "1", "Weir-Token", "1"}
		}
		status, answer := webCall(t, c, "https", f.at["d1-http"], "POST /v1/packets", x.body, header...)
		if status != x.status || !strings.Contains(strings.ReplaceAll(answer, `\"`, `"`), x.says) {
			t.Errorf("as %q, %s: %d %s", x.node, x.body, status, answer)
		}
	}
}

// webAdmin holds what the admin listener tells to whom.
func (f *fortress) webAdmin(t *testing.T) {
	t.Helper()
	paths := []string{"/healthz", "/readyz", "/metrics", "/debug/pprof/goroutine"}
	for who, c := range map[string]tlsconf.Config{
		"nobody": {CA: f.ca.File}, tlsconf.Emitter: f.files("emitter", "e7"), tlsconf.Operator: f.files("operator", "o7"),
	} {
		for i, path := range paths {
			want := http.StatusOK
			if i > 1 && who != tlsconf.Operator {
				want = map[string]int{"nobody": http.StatusUnauthorized, tlsconf.Emitter: http.StatusForbidden}[who]
			}
			if status, answer := webCall(t, f.web(c, "d1"), "https", f.at["d1-admin"], "GET "+path, ""); status != want {
				t.Errorf("%s of the admin listener to %s: %d %.200s, want %d", path, who, status, answer, want)
			}
		}
	}
}

// webStrangers are not known, or do not speak TLS 1.3; meanwhile others are served.
func (f *fortress) webStrangers(t *testing.T) {
	t.Helper()
	theirs := tlstest.New(t, t.TempDir(), "theirs")
	issued := func(a *tlstest.Authority, c tlstest.Cert) tlsconf.Config {
		cert, key := a.Issue(t, "stranger", c)
		return tlsconf.Config{Cert: cert, Key: key, CA: f.ca.File}
	}
	old := func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 }
	e7 := f.files("emitter", "e7")
	var halfOpen []*rawConn
	listeners := []string{"d1-http", "a1-http", "d1-control", "d1-admin"}
	for _, at := range listeners {
		c := dialRaw(t, f.at[at], "")
		c.put([]byte{22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3}) // a ClientHello that says how long it is, and stops
		halfOpen = append(halfOpen, c, dialRaw(t, f.at[at], ""))
	}
	for _, at := range listeners {
		name, _, _ := strings.Cut(at, "-")
		for what, c := range map[string]*http.Client{
			"another authority": f.web(issued(theirs, tlstest.Cert{URIs: []string{"weir://operator/o1"}}), name),
			"ended":             f.web(issued(f.ca, tlstest.Cert{URIs: []string{"weir://operator/o1"}, Ended: true}), name),
			"TLS 1.2":           f.web(e7, name, old),
			"another name":      f.web(e7, "d9"),
			"no certificate":    f.web(tlsconf.Config{CA: f.ca.File}, name),
		} {
			status, answer := webCall(t, c, "https", f.at[at], "GET /healthz", "")
			if (status != 0) != (what == "no certificate" && at == "d1-admin") {
				t.Errorf("%s, %s: %d %s", at, what, status, answer)
			}
		}
		if status, answer := webCall(t, &http.Client{}, "http", f.at[at], "GET /healthz", ""); status != 400 || !strings.Contains(answer, "HTTPS") {
			t.Errorf("%s in clear: %d %s", at, status, answer)
		}
		clear := dialRaw(t, f.at[at], "")
		clear.put([]byte(preface))
		if b, _ := bufio.NewReader(clear).ReadString('\n'); strings.HasPrefix(b, "\x00") {
			t.Errorf("%s takes HTTP/2 in clear: %q", at, b)
		}
		if status, answer := webCall(t, f.web(e7, name), "https", f.at[at], "GET /healthz", ""); status != 200 {
			t.Errorf("%s, while handshakes are half open: %d %s", at, status, answer)
		}
	}
	for _, c := range halfOpen {
		if !c.closes(10 * time.Second) {
			t.Errorf("%s: a handshake may stay half open", c.RemoteAddr())
		}
	}
}

// webAuthority adds an authority to those that are believed, while the nodes run.
func (f *fortress) webAuthority(t *testing.T) {
	t.Helper()
	next := tlstest.New(t, t.TempDir(), "next")
	both := append(read(t, f.ca.File), read(t, next.File)...)
	if err := os.WriteFile(f.ca.File+".new", both, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(f.ca.File+".new", f.ca.File); err != nil {
		t.Fatal(err)
	}
	cert, key := next.Issue(t, "x", tlstest.Cert{URIs: []string{"weir://emitter/e8"}})
	c := f.web(tlsconf.Config{Cert: cert, Key: key, CA: f.ca.File}, "d1")
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		status, answer := webCall(t, c, "https", f.at["d1-http"], "POST /v1/packets", packetJSON("e8"))
		if status == 200 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the new authority is not believed: %d %s", status, answer)
		}
	}
}

// Without names of emitters everybody submits, and nobody does more; a token is asked for
// on the control listeners and the admin listener, and one that replaces it while the
// node runs is in force.
func TestAnonymousHTTPS(t *testing.T) {
	f := newFortress(t)
	control, admin, listen := free(t), free(t), free(t)
	token, adminToken := tokenFile(t, testToken), tokenFile(t, testToken)
	file := f.config("distributor", "d1", fmt.Sprintf("http_listen: %s\nhttp_control: %s\ncontrol_token_file: %s\nadmin: %s\nadmin_token_file: %s\n",
		listen, control, token, admin, adminToken))
	text := strings.Replace(string(read(t, file)), "tls: {", "tls: {anonymous: true, ", 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := spawn(t, "distribute", "--config", file)
	nobody := f.web(tlsconf.Config{CA: f.ca.File}, "d1")
	const old, next = "Bearer " + testToken, "Bearer another-token-0123"
	is := func(want int, addr, op, auth string) bool {
		status, _ := webCall(t, nobody, "https", addr, op, "{}", "Authorization", auth)
		return status == want
	}
	for end := time.Now().Add(20 * time.Second); !is(200, listen, "GET /healthz", ""); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not run\n%s", p.errs.String())
		}
	}
	for _, c := range []struct {
		want           int
		addr, op, auth string
	}{
		{422, listen, "POST /v1/packets", ""}, // it looked at the packets: there are none
		{200, listen, "GET /healthz", ""},
		{503, listen, "GET /readyz", ""},
		{401, control, "POST /v1/control", ""}, {401, control, "GET /healthz", ""}, {401, control, "GET /openapi.yaml", ""},
		{401, control, "POST /v1/control", next}, {422, control, "POST /v1/control", old}, {200, control, "GET /openapi.yaml", old},
		{200, admin, "GET /healthz", ""}, {401, admin, "GET /metrics", ""}, {200, admin, "GET /metrics", old},
	} {
		if !is(c.want, c.addr, c.op, c.auth) {
			status, answer := webCall(t, nobody, "https", c.addr, c.op, "{}", "Authorization", c.auth)
			t.Errorf("%s with %q: %d %.200s, want %d", c.op, c.auth, status, answer, c.want)
		}
	}
	for _, x := range []struct{ file, addr, op string }{{token, control, "GET /healthz"}, {adminToken, admin, "GET /metrics"}} {
		if err := os.WriteFile(x.file+".new", []byte(next[len("Bearer "):]+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(x.file+".new", x.file); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(20 * time.Second); !is(200, x.addr, x.op, next); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: the new token is not in force", x.op)
			}
		}
		if !is(401, x.addr, x.op, old) {
			t.Errorf("%s: the old token is still in force", x.op)
		}
	}
	p.Process.Signal(syscall.SIGTERM)
	if code := p.ends(t); code != exitOK || strings.Contains(p.errs.String(), testToken) {
		t.Errorf("exit code %d\n%s", code, p.errs.String())
	}
}
