package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/system/transport/tlsconf"
)

// webArena is an arena whose nodes speak HTTP. Its distributor's listeners are d1, control
// and admin.
type webArena struct {
	*arena
	witness *http.Client // of another address
}

// elsewhere connects from another address than attackers do.
var elsewhere = &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}

const webLimits = `
limits: {connections: 100, connections_per_ip: 40, calls: 1000, calls_per_ip: 20, handshake: 1s, request: 1500ms}
`

func newWebArena(t *testing.T) *webArena {
	t.Helper()
	a := &webArena{arena: &arena{dir: t.TempDir(), at: map[string]string{}}}
	for _, n := range []string{"a1", "d1", "control", "admin"} {
		a.at[n] = free(t)
	}
	a.witness = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: elsewhere.DialContext}}
	config := func(name, rest string) string {
		return writeConfig(t, t.TempDir(), fmt.Sprintf("name: %s\ndata: %s\nlog: %s\nhttp_listen: %s\n%s%s",
			name, filepath.Join(a.dir, name), filepath.Join(a.dir, "logs"), a.at[name], webLimits, rest))
	}
	a.a1 = spawn(t, "analyse", "--config", config("a1", ""))
	healthy(t, "http://"+a.at["a1"])
	a.d1 = spawn(t, "distribute", "--config", config("d1", fmt.Sprintf("http_control: %s\nadmin: %s\npeers: {a1: \"http://%s\"}\ndistributor: {analysers: [{id: a1, weight: 1}]}\n",
		a.at["control"], a.at["admin"], a.at["a1"])))
	healthy(t, "http://"+a.at["d1"])
	return a
}

// holds checks that others are served meanwhile, each on a new connection, at every
// listener of the distributor, and that its memory has a bound.
func (a *webArena) holds(t *testing.T) {
	t.Helper()
	if status, answer := webCall(t, a.witness, "http", a.at["d1"], "POST /v1/packets", packetJSON("witness")); status != 200 {
		t.Errorf("another client is not served: %d %s", status, answer)
	}
	for _, at := range []string{"control", "admin"} {
		if status, answer := webCall(t, a.witness, "http", a.at[at], "GET /healthz", ""); status != 200 {
			t.Errorf("another client of %s is not served: %d %s", at, status, answer)
		}
	}
	if mib := a.d1.memory(t); mib > memoryMax {
		t.Fatalf("the distributor has used %d MiB", mib)
	}
}

// calm waits until the server has seen that the connections of an attack are closed: until
// one address may have nearly as many as it may.
func (a *webArena) calm(t *testing.T) {
	t.Helper()
	const many = 35
	const request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var all []net.Conn
		for range many {
			c, err := net.Dial("tcp", a.at["d1"])
			if err != nil {
				break
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(10 * time.Second))
			fmt.Fprint(c, request, "\r\n")
			if answer, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || answer.StatusCode != 200 {
				c.Close() // or it takes a place in the next round
				break
			}
			all = append(all, c)
		}
		for _, c := range all { // the server is to close them: then it knows
			fmt.Fprint(c, request, "Connection: close\r\n\r\n")
			_, _ = io.Copy(io.Discard, c)
		}
		if len(all) == many {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d connections are served", len(all), many)
		}
	}
}

// says sends bytes on a connection of its own and returns all that is answered until the
// server closes it.
func says(t *testing.T, addr, bytes string) string {
	t.Helper()
	c := dialRaw(t, addr, "")
	defer c.Close()
	go c.put([]byte(bytes)) // may fail: the server may have seen enough
	var answer strings.Builder
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.r.WriteTo(&answer); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Errorf("%.100q: the connection stays open", bytes)
	}
	return answer.String()
}

// Each attack goes to the real listener of a real process. It meets the refusal that
// DESIGN.md states, memory stays bounded, and others are served meanwhile.
func TestHostileHTTP(t *testing.T) {
	t.Parallel()
	a := newWebArena(t)
	for _, attack := range webAttacks {
		t.Run(attack.name, func(t *testing.T) {
			attack.run(t, a)
			a.holds(t)
			a.calm(t)
		})
	}
	t.Logf("peaks of memory: distributor %d MiB, analyser %d MiB", a.d1.memory(t), a.a1.memory(t))
	a.ends(t)
	if n := len(a.d1.errs.String()); n > 64<<10 {
		t.Errorf("the distributor told %d bytes of it", n)
	}
}

// The attacks that need HTTP/2 go also to a listener with TLS, where everybody may submit.
func TestHostileHTTPS(t *testing.T) {
	t.Parallel()
	f := newFortress(t)
	f.at["a1-http"], f.at["d1-http"] = free(t), free(t)
	anonymous := func(role, name, rest string) string {
		c := f.files(role, name)
		return writeConfig(t, t.TempDir(), fmt.Sprintf("name: %s\ndata: %s\nhttp_listen: %s\ntls: {cert: %s, key: %s, ca: %s, anonymous: true}\n%s%s",
			name, filepath.Join(f.dir, name), f.at[name+"-http"], c.Cert, c.Key, c.CA, strings.NewReplacer("1s", "5s", "1500ms", "3s").Replace(webLimits), rest))
	}
	spawn(t, "analyse", "--config", anonymous("analyser", "a1", ""))
	d1 := spawn(t, "distribute", "--config", anonymous("distributor", "d1", fmt.Sprintf("peers: {a1: \"https://%s\"}\ndistributor: {analysers: [{id: a1, weight: 1}]}\n", f.at["a1-http"])))
	nobody := f.web(tlsconf.Config{CA: f.ca.File}, "d1")
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		status, answer := webCall(t, nobody, "https", f.at["d1-http"], "GET /readyz", "")
		if status == 200 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("it is not ready: %d %s\n%s", status, answer, d1.errs.String())
		}
	}
	nobody.Transport.(*http.Transport).DialContext = elsewhere.DialContext
	dial := func(t *testing.T) *rawConn {
		c := dialRaw(t, f.at["d1-http"], "")
		c.Conn = tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		c.r = bufio.NewReader(c.Conn)
		c.put([]byte(preface))
		c.frame(frameSettings, 0, 0, nil)
		return c
	}
	holds := func(t *testing.T) {
		t.Helper()
		if status, answer := webCall(t, nobody, "https", f.at["d1-http"], "POST /v1/packets", packetJSON("witness")); status != 200 {
			t.Errorf("another client is not served: %d %s", status, answer)
		}
		if mib := d1.memory(t); mib > memoryMax {
			t.Fatalf("the distributor has used %d MiB", mib)
		}
	}
	for name, run := range map[string]func(*testing.T, func(*testing.T) *rawConn, func(*testing.T)){
		"streams opened and reset": webResets, "headers without end": webContinuations, "more streams than allowed": webStreams,
	} {
		t.Run(name, func(t *testing.T) {
			run(t, dial, holds)
			holds(t)
		})
	}
	t.Logf("peak of memory: %d MiB", d1.memory(t))
}
