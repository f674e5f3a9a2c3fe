package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

var webAttacks = []struct {
	name string
	run  func(*testing.T, *webArena)
}{
	{"headers that never end", webSlowHeaders},
	{"bodies that never end", webSlowBodies},
	{"headers too large", webLargeHeaders},
	{"bodies too large", webLargeBodies},
	{"compressed bodies", webCompressed},
	{"two requests in one", webSmuggling},
	{"what is no HTTP", webGarbage},
	{"requests whose answers nobody reads", webPipeline},
	{"JSON that is a trap", webJSON},
	{"names that are none", webNames},
	{"a body that is announced and not sent", webExpect},
	{"old versions", webVersions},
	{"other names of this machine", webHosts},
	{"paths written otherwise", webPaths},
	{"methods that are none", webMethods},
	{"web pages", webPages},
	{"control characters everywhere", webControlCharacters},
	{"more connections than allowed", webConnections},
	{"more calls than allowed from one address", webCalls},
	{"streams opened and reset", func(t *testing.T, a *webArena) { webResets(t, a.http2, a.holds) }},
	{"headers without end", func(t *testing.T, a *webArena) { webContinuations(t, a.http2, a.holds) }},
	{"more streams than allowed", func(t *testing.T, a *webArena) { webStreams(t, a.http2, a.holds) }},
}

// http2 is a connection of HTTP/2 in clear.
func (a *webArena) http2(t *testing.T) *rawConn { return hello(t, a.at["d1"]) }

// listeners are the distributor's.
var listeners = []string{"d1", "control", "admin"}

// post is a request with a body of JSON, the last of its connection.
func post(path, body string, header ...string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s",
		path, strings.Join(append(header, ""), "\r\n"), len(body), body)
}

// lines is a request with several packets for an analyser, each on a line.
func lines(body string) string {
	return strings.Replace(post("/v1/dispatches", body), "application/json", "application/x-ndjson", 1)
}

// meets holds that every request is answered so, in one answer or none.
func meets(t *testing.T, addr, want string, requests ...string) {
	t.Helper()
	var wg sync.WaitGroup
	for _, r := range requests {
		wg.Go(func() {
			answer := says(t, addr, r)
			if !strings.HasPrefix(answer, "HTTP/1.1 "+want) && !strings.HasPrefix(answer, "HTTP/1.0 "+want) || strings.Count(answer, "\nContent-Type:") > 1 {
				t.Errorf("%.200q is answered %.300q, want %s", r, answer, want)
			}
		})
	}
	wg.Wait()
}

func webSlowHeaders(t *testing.T, a *webArena) {
	var all []*rawConn
	for _, at := range listeners {
		for i := range 10 {
			c := dialRaw(t, a.at[at], "")
			c.put([]byte("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", i)))
			all = append(all, c)
		}
	}
	a.holds(t)
	for _, c := range all {
		if !c.closes(10 * time.Second) {
			t.Fatal("it may take for ever")
		}
	}
}

func webSlowBodies(t *testing.T, a *webArena) {
	head := "POST /v1/packets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	var wg sync.WaitGroup
	for _, kind := range []string{"Content-Length: 1000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"} {
		for range 5 {
			wg.Go(func() {
				c := dialRaw(t, a.at["d1"], "")
				c.put([]byte(head + kind))
				closed := make(chan bool)
				go func() { closed <- c.closes(10 * time.Second) }()
				for {
					select {
					case ok := <-closed:
						if !ok {
							t.Error("a body may take for ever")
						}
						return
					case <-time.After(100 * time.Millisecond):
						c.put([]byte("1\r\n \r\n")) // always a bit more
					}
				}
			})
		}
	}
	time.Sleep(200 * time.Millisecond)
	a.holds(t)
	wg.Wait()
}

func webLargeHeaders(t *testing.T, a *webArena) {
	const head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
	for _, at := range listeners {
		meets(t, a.at[at], "431", head+"X: "+strings.Repeat("x", 40<<10)+"\r\n\r\n", head+strings.Repeat("X: y\r\n", 10_000)+"\r\n",
			"GET /"+strings.Repeat("x", 40<<10)+" HTTP/1.1\r\nHost: localhost\r\n\r\n", head+"Cookie: "+strings.Repeat("a=b; ", 10_000)+"\r\n\r\n")
	}
}

func webLargeBodies(t *testing.T, a *webArena) {
	chunked := func(path string, chunks int) string {
		return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
			strings.Repeat("10000\r\n"+strings.Repeat(" ", 0x10000)+"\r\n", chunks)
	}
	length := func(path string, n uint64) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", path, n)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		meets(t, a.at["d1"], "413", chunked("/v1/packets", 20), length("/v1/packets", 2<<20), length("/v1/packets", 1<<62), post("/v1/packets", strings.Repeat(" ", 1<<20+1)))
	})
	wg.Go(func() {
		meets(t, a.at["control"], "413", chunked("/v1/control", 2), length("/v1/control", 1<<20), post("/v1/control", strings.Repeat(" ", 64<<10+1)))
	})
	wg.Go(func() { meets(t, a.at["a1"], "413", chunked("/v1/probe", 2), length("/v1/dispatch", 9<<20)) })
}

func webCompressed(t *testing.T, a *webArena) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 10<<20))
	z.Close()
	for _, how := range []string{"gzip", "deflate", "br", "identity, gzip", "x"} {
		meets(t, a.at["d1"], "415", post("/v1/packets", bomb.String(), "Content-Encoding: "+how))
		meets(t, a.at["control"], "415", post("/v1/control", "{}", "Content-Encoding: "+how))
	}
	for _, how := range []string{"gzip", "gzip, chunked", "chunked, gzip", "identity"} {
		meets(t, a.at["d1"], "501", "POST /v1/packets HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "+how+"\r\n\r\n"+bomb.String()[:100])
	}
}

func webSmuggling(t *testing.T, a *webArena) {
	head := "POST /v1/packets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	const hidden = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for _, bad := range []string{
		"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "Content-Length: +2\r\n\r\n{}", "Content-Length: 0x2\r\n\r\n{}", "Content-Length: -1\r\n\r\n{}",
		"Content-Length: 2, 2\r\n\r\n{}", "Content-Length : 2\r\n\r\n{}", "Content-Length: 99999999999999999999\r\n\r\n{}", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
		"X: a\rb\r\n\r\n", "X: a\x00b\r\n\r\n", "X\r\n\r\n", "X Y: z\r\n\r\n", "Host: evil.example\r\n\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
		"Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
	} {
		answer := says(t, a.at["d1"], head+bad+hidden)
		if !strings.HasPrefix(answer, "HTTP/1.1 400") && !strings.HasPrefix(answer, "HTTP/1.1 501") || strings.Contains(answer, "alive") {
			t.Errorf("%q is answered %q", bad, answer)
		}
	}
	// Both a length and chunks: whatever somebody in front took for the end, nothing behind
	// it is served. A header that goes on in a second line is one value.
	packet := packetJSON("smuggler")
	for _, both := range []string{"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding:\r\n chunked\r\n", "Transfer-Encoding: chunked\r\n"} {
		answer := says(t, a.at["d1"], fmt.Sprintf("%s%s\r\n%x\r\n%s\r\n0\r\n\r\n%s", head, both, len(packet), packet, hidden))
		if !strings.HasPrefix(answer, "HTTP/1.1 200") || !strings.Contains(answer, "committed") || strings.Contains(answer, "alive") {
			t.Errorf("%q is answered %q", both, answer)
		}
	}
	// Nobody gets past a check by a name in another case, or twice.
	meets(t, a.at["d1"], "400", post("/v1/packets", packetJSON("x"), "Weir-Node: e1", "WEIR-NODE: e2", "Weir-Incarnation: 1", "Weir-Token: 1"),
		post("/v1/packets", packetJSON("x"), "Weir-Node: e1\r\n x", "Weir-Incarnation: 1", "Weir-Token: 1"), post("/v1/packets", packetJSON("x"), "Weir-To: a", "weir-to: b"))
}

func webGarbage(t *testing.T, a *webArena) {
	for _, at := range listeners {
		meets(t, a.at[at], "400", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "\x00\x01\x02\r\n\r\n", "GET\r\n\r\n", "GET /healthz\r\n\r\n", "\r\n\r\n\r\n\r\n",
			"GET /healthz HTTP/1.1 x\r\nHost: localhost\r\n\r\n", "G\x00T /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /\x7f HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
}

// webPipeline sends without an end and reads nothing, until the server reads no more.
func webPipeline(t *testing.T, a *webArena) {
	request := []byte(strings.Repeat("GET /v1/none HTTP/1.1\r\nHost: localhost\r\n\r\n", 1000))
	for range 2 {
		c := dialRaw(t, a.at["d1"], "")
		sent := 0
		for sent < 64<<20 {
			c.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
			n, err := c.Write(request)
			if sent += n; err != nil {
				break
			}
		}
		if sent >= 64<<20 {
			t.Errorf("%d bytes of requests are taken from a client that reads no answer", sent)
		}
		t.Logf("%d bytes of requests were taken", sent)
	}
	a.holds(t)
}

func webJSON(t *testing.T, a *webArena) {
	packet := func(s string) string { return `{"packets":[{"id":"e1/0/1","entries":[{` + s + `}]}]}` }
	for body, want := range map[string]string{
		strings.Repeat("[", 100_000):                                                    "400",
		strings.Repeat(`{"packets":`, 50_000):                                           "400",
		packet(`"attributes":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000)): "400",
		packet(`"severity_number":1e999`):                                               "422",
		packet(`"severity_number":` + strings.Repeat("9", 5000)):                        "422",
		packet(`"time_unix_nano":9223372036854775808`):                                  "422",
		packet(`"time_unix_nano":1.5`):                                                  "422",
		packet(`"severity_number":-1`):                                                  "422",
		packet(`"body":"a","body":"b"`):                                                 "400",
		packet(`"body":"a","Body":"b"`):                                                 "400",
		packet(`"bodY":"a"`):                                                            "400",
		packet(`"body":null`):                                                           "400",
		packet(`"body":"\ud800"`):                                                       "400",
		packet(`"bogus":1`):                                                             "422",
		packet("\"body\":\"\xff\""):                                                     "400",
		packet(`"body":"a"`) + "x":                                                      "400",
		packet(`"body":"a"`) + packet(`"body":"a"`):                                     "400",
		`{"packets":[` + strings.Repeat(`{"id":"e1/0/1","entries":[]},`, 100) + `{"id":"e1/0/1","entries":[]}]}`:    "422",
		`{"packets":[{"id":"e1/0/1","entries":[` + strings.TrimSuffix(strings.Repeat("{},", 300_000), ",") + `]}]}`: "4",
		`{"packets":[` + strings.TrimSuffix(strings.Repeat("{},", 300_000), ",") + `]}`:                             "4",
		`{"packets":[]}`: "422",
	} {
		meets(t, a.at["d1"], want, post("/v1/packets", body))
	}
	for _, doc := range []string{
		strings.Repeat("[", 60_000), `{"op":"weight","id":"a1","weight":1,"weight":2}`, `{"op":"weight","ID":"a1","weight":1}`, `{"op":"weight","id":"a1","weight":1e3}`,
		`{"op":"weight","id":"a1","weight":18446744073709551616}`, `{"op":"weight","id":"a1","weight":1}{}`, `{"op":"weight","id":"a1","weight":1,"x":{"y":[]}}`,
	} {
		meets(t, a.at["control"], "422", post("/v1/control", doc))
	}
	meets(t, a.at["a1"], "4", post("/v1/probe", `{"number":18446744073709551616}`), post("/v1/probe", `{"number":1,"number":2}`), post("/v1/probe", `{"Number":1}`),
		post("/v1/dispatch", strings.Repeat("[", 100_000)), post("/v1/dispatch", `{"packet":{"id":"e1/0/1","entries":[]},"packet":{"id":"e1/0/2","entries":[]}}`))
	const line = `{"packet":{"id":"e1/0/1","entries":[]}}` + "\n"
	unfolds := `{"packet":{"id":"e1/0/1","entries":[` + strings.Repeat("{},", 60_000) + "{}]}}\n" // nearly all that a request may have
	meets(t, a.at["a1"], "4", lines(strings.Repeat("\n", 8<<20)), lines(strings.Repeat("{}\n", 1<<20)), lines(strings.Repeat(line, 100_000)), lines(strings.Repeat(unfolds, 40)),
		lines(line+strings.Repeat("[", 100_000)), lines(line+`{"token":1,"token":2,"packet":{"id":"e1/0/1","entries":[]}}`), lines(line+"{\"to\":\"\x80\"}"), lines(line[:20]))
}

func webNames(t *testing.T, a *webArena) {
	for _, header := range [][]string{
		{"Weir-Node: e1"}, {"Weir-Incarnation: 1"}, {"Weir-Node: ../../etc", "Weir-Incarnation: 1"}, {"Weir-Node: " + strings.Repeat("x", 65), "Weir-Incarnation: 1"},
		{"Weir-Node: e1", "Weir-Incarnation: 0"}, {"Weir-Node: e1", "Weir-Incarnation: -1"}, {"Weir-Node: e1", "Weir-Incarnation: 4294967296"},
		{"Weir-Token: 18446744073709551616"}, {"Weir-To: a/b"}, {"Weir-From: \x80"}, {"Weir-Re: 1"}, {"Weir-To-Incarnation: x"},
	} {
		meets(t, a.at["d1"], "400", post("/v1/packets", packetJSON("e1"), header...))
	}
	for _, to := range []string{"nobody", "net", "sup", "w1"} { // other actors than the listener's own
		meets(t, a.at["d1"], "429", post("/v1/packets", packetJSON("e1"), "Weir-To: "+to))
	}
	for _, id := range []string{"e1", "e1/0", "e1/0/0", "../e1/0/1", "/0/1", "e1/0/18446744073709551616", "e1/-1/1", "e1/4294967296/1", "e1/0/01"} {
		meets(t, a.at["d1"], "422", post("/v1/packets", `{"packets":[{"id":"`+id+`","entries":[]}]}`))
	}
}

func webExpect(t *testing.T, a *webArena) {
	const head = "POST /v1/packets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		answer := says(t, a.at["d1"], head+"Expect: 100-continue\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 100") || !strings.Contains(answer, "HTTP/1.1 400") {
			t.Errorf("a body that never comes is answered %q", answer)
		}
	})
	for want, request := range map[string]string{ // it is not asked for
		"417": head + "Expect: the-unexpected\r\n\r\n",
		"413": strings.Replace(head, " 100\r", " 9999999\r", 1) + "Expect: 100-continue\r\n\r\n",
		"415": strings.Replace(head, "application/json", "text/plain", 1) + "Expect: 100-continue\r\n\r\n",
	} {
		wg.Go(func() { meets(t, a.at["d1"], want, request) })
	}
}

func webVersions(t *testing.T, a *webArena) {
	for _, at := range listeners {
		meets(t, a.at[at], "200", "GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
		meets(t, a.at[at], "400", "GET /healthz HTTP/1.1\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", "GET /healthz\r\n\r\n")
		meets(t, a.at[at], "505", "GET /healthz HTTP/3.0\r\nHost: localhost\r\n\r\n", "GET /healthz HTTP/2.0\r\nHost: localhost\r\n\r\n")
	}
}

// webHosts are what a browser sends that was led to this machine under another name.
func webHosts(t *testing.T, a *webArena) {
	for _, at := range []string{"control", "admin"} {
		for _, path := range []string{"/healthz", "/openapi.yaml", "/metrics", "http://evil.example/healthz", "http://evil.example/metrics"} {
			meets(t, a.at[at], "421", "GET "+path+" HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
		}
		meets(t, a.at[at], "421", "GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "GET /healthz HTTP/1.0\r\n\r\n",
			"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n")
		meets(t, a.at[at], "200", "GET http://localhost/healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
	}
	meets(t, a.at["control"], "421", strings.Replace(post("/v1/control", `{"op":"weight","id":"a1","weight":9}`), "localhost", "evil.example", 1))
	meets(t, a.at["d1"], "404", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n", "GET http://evil.example/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
}

func webPaths(t *testing.T, a *webArena) {
	for _, path := range []string{
		"//v1/packets", "/v1//packets", "/v1/packets/", "/v1/./packets", "/v1/x/../packets", "/v1/%2e%2e/v1/packets", "/v1/%70ackets", "/v1%2fpackets", "/V1/packets",
		"/v1/packets;x", "/v1/packets%00", "/v1/control", "/v1/%2e%2e/control", "/v1/../v1/control", "/", "/debug/pprof/", "/metrics", "/openapi.yaml", "*",
	} {
		meets(t, a.at["d1"], "404", strings.Replace(post("/v1/packets", packetJSON("x")), "/v1/packets", path, 1))
	}
	for _, path := range []string{"//metrics", "/metrics/..", "/debug/pprof/../../metrics", "/healthz/../metrics"} {
		if answer := says(t, a.at["admin"], "GET "+path+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); strings.HasPrefix(answer, "HTTP/1.1 2") {
			t.Errorf("%s is answered %.200q", path, answer)
		}
	}
}

func webMethods(t *testing.T, a *webArena) {
	for at, paths := range map[string]map[string]string{
		"d1":      {"/v1/packets": "POST", "/healthz": "GET", "/readyz": "GET"},
		"control": {"/v1/control": "POST", "/healthz": "GET", "/openapi.yaml": "GET"},
		"a1":      {"/v1/dispatch": "POST", "/v1/dispatches": "POST", "/v1/probe": "POST"},
	} {
		for path, allowed := range paths {
			for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI", "get", "post", "X"} {
				answer := says(t, a.at[at], m+" "+path+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
				if m != allowed && (!strings.HasPrefix(answer, "HTTP/1.1 405") || !strings.Contains(answer, "\r\nAllow: "+allowed+"\r\n")) {
					t.Errorf("%s %s is answered %q", m, path, answer)
				}
			}
		}
	}
}

// webPages are requests that a page of another site can make a browser send.
func webPages(t *testing.T, a *webArena) {
	for _, from := range []string{"Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: http://localhost"} {
		meets(t, a.at["d1"], "403", post("/v1/packets", packetJSON("x"), from))
		meets(t, a.at["control"], "403", post("/v1/control", `{"op":"weight","id":"a1","weight":9}`, from))
	}
	for _, plain := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} { // what needs no leave
		meets(t, a.at["control"], "415", strings.Replace(post("/v1/control", `{"op":"weight","id":"a1","weight":9}`), "application/json", plain, 1))
	}
	meets(t, a.at["control"], "405", "OPTIONS /v1/control HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccess-Control-Request-Method: POST\r\n\r\n")
	meets(t, a.at["admin"], "403", "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nSec-Fetch-Site: cross-site\r\n\r\n")
}

func webControlCharacters(t *testing.T, a *webArena) {
	const evil, escaped = "\u009b31m\u202e\u2066", `\u001b[2J\u0007\r\n\u202e{\"k\":\"commit\"}`
	for addr, requests := range map[string][]string{
		a.at["d1"]: {
			"GET /%1b%5b2J%0d%0a%e2%80%ae HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", post("/v1/packets", packetJSON("x"), "Weir-To: "+evil),
			post("/v1/packets", packetJSON("x"), "Origin: "+evil), post("/v1/packets", packetJSON("x"), "Content-Encoding: "+evil),
			post("/v1/packets", `{"packets":[{"id":"`+escaped+`/0/1","entries":[]}]}`), post("/v1/packets", `{"`+escaped+`":1}`),
			"GET /healthz HTTP/1.1\r\nHost: " + evil + "\r\nConnection: close\r\n\r\n",
		},
		a.at["control"]: {post("/v1/control", `{"op":"`+escaped+`"}`), post("/v1/control", `{"op":"weight","id":"`+escaped+`","weight":1}`), "GET /healthz HTTP/1.1\r\nHost: evil" + "\u009b\r\n\r\n"},
		a.at["admin"]:   {"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nSec-Fetch-Site: " + evil + "\r\n\r\n"},
	} {
		for _, r := range requests {
			answer := says(t, addr, r)
			if strings.HasPrefix(answer, "HTTP/1.1 2") {
				t.Errorf("%q is answered %q", r, answer)
			}
			harmless(t, "the answer", strings.ReplaceAll(answer, "\r\n", "\n"))
		}
	}
	body := strings.Replace(packetJSON("e1"), "a line", escaped, 1)
	meets(t, a.at["d1"], "200", post("/v1/packets", body)) // in the entries, which are opaque
}

func webConnections(t *testing.T, a *webArena) {
	refused := 0
	var all []net.Conn
	for range 100 {
		c, err := net.Dial("tcp", a.at["d1"])
		if err != nil { // reset so soon
			refused++
			continue
		}
		defer c.Close()
		all = append(all, c)
	}
	a.holds(t)
	for _, c := range all {
		c.SetDeadline(time.Now().Add(5 * time.Second))
		fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if answer, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || answer.StatusCode != 200 {
			refused++
		}
	}
	if refused < 60 { // 40 are allowed, and some have had to wait too long for a turn
		t.Errorf("%d of 100 connections refused, want 60", refused)
	}
}

// webCalls keeps as many calls going as one address may have.
func webCalls(t *testing.T, a *webArena) {
	const half = "POST /v1/packets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
	for end := time.Now().Add(20 * time.Second); ; a.calm(t) {
		var all []*rawConn
		for range 25 {
			c := dialRaw(t, a.at["d1"], "")
			c.put([]byte(half))
			all = append(all, c)
		}
		answer := says(t, a.at["d1"], post("/v1/packets", packetJSON("x")))
		a.holds(t)
		for _, c := range all {
			c.Close()
		}
		if strings.HasPrefix(answer, "HTTP/1.1 429") && strings.Contains(answer, "\r\nRetry-After: 1\r\n") {
			return
		}
		if time.Now().After(end) { // those before may have timed out
			t.Fatalf("one call too many is answered %q", answer)
		}
	}
}

// ask opens a stream with a request whose body is announced.
func (c *rawConn) ask(stream uint32, flags byte) bool {
	return c.frame(frameHeaders, flags, stream, fieldBlock(":method", "POST", ":scheme", "https", ":path", "/v1/packets", ":authority", "localhost",
		"content-type", "application/json", "content-length", "100"))
}

func webResets(t *testing.T, dial func(*testing.T) *rawConn, holds func(*testing.T)) {
	for range 4 {
		c := dial(t)
		over := make(chan struct{})
		go func() {
			defer close(over)
			for { // takes what comes, so that it is not a stall
				if _, err := c.next(20 * time.Second); err != nil {
					return
				}
			}
		}()
		for i := uint32(0); i < 5000; i++ {
			if !c.ask(2*i+1, flagEndHeaders) || !c.frame(frameReset, 0, 2*i+1, []byte{0, 0, 0, 8}) {
				break
			}
		}
		holds(t)
		c.Close()
		<-over
	}
}

func webContinuations(t *testing.T, dial func(*testing.T) *rawConn, holds func(*testing.T)) {
	c := dial(t)
	c.ask(1, 0)
	part := fieldBlock("x-long", strings.Repeat("a", 16000))
	for i := 0; i < 1000 && c.frame(frameContinuation, 0, 1, part); i++ { // 16 MB without an end
	}
	if !c.closes(10 * time.Second) {
		t.Error("headers without end are taken")
	}
	c = dial(t)
	c.ask(1, 0) // and nothing more
	holds(t)
	c.Close()
}

// webStreams asks for more at once than one connection may, and one address: of 150 the
// first 20 are taken, and time out.
func webStreams(t *testing.T, dial func(*testing.T) *rawConn, holds func(*testing.T)) {
	c := dial(t)
	for i := range uint32(150) {
		c.ask(2*i+1, flagEndHeaders)
	}
	ended := map[uint32]bool{}
	until := func(n int) {
		err := c.until(10*time.Second, func(f rawFrame) bool {
			if f.kind == frameReset || f.kind == frameHeaders {
				ended[f.stream] = true
			}
			return len(ended) == n
		})
		if err != nil {
			t.Errorf("%d of 150 streams have an answer, want %d: %v", len(ended), n, err)
		}
	}
	until(130)
	holds(t)
	until(150)
	c.Close()
}
