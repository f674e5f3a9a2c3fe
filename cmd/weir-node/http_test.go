package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// healthy waits until a node's health check says that it takes requests.
func healthy(t *testing.T, url string) {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		resp, err := c.Get(url + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(end) {
			t.Fatalf("health of %s: %v, %v", url, resp, err)
		}
	}
}

// example is one command of the README, and what it prints there.
type example struct{ command, prints string }

// readmeBlock is the README's fenced block that begins with the given text.
func readmeBlock(t *testing.T, begins string) string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(b), "```\n"+begins)
	block, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatalf("README.md has no block that begins with %q", begins)
	}
	return begins + strings.ReplaceAll(block, "\\\n", "")
}

// TestREADMEcurl carries out the README's example with curl, the nodes as it starts
// them, and holds that each command prints what it says.
func TestREADMEcurl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	nodes := readmeBlock(t, "weir-node analyse --name a1 --http-listen")
	calls := readmeBlock(t, "$ curl")
	at := map[string]string{}
	for _, addr := range []string{"127.0.0.1:7180", "127.0.0.1:7181", "127.0.0.1:7189"} {
		at[addr] = free(t)
		if !strings.Contains(nodes, addr) || !strings.Contains(calls, addr) {
			t.Fatalf("the example does not use %s", addr)
		}
		nodes, calls = strings.ReplaceAll(nodes, addr, at[addr]), strings.ReplaceAll(calls, addr, at[addr])
	}
	dir := t.TempDir()
	for line := range strings.Lines(nodes) {
		args := strings.Fields(line)[1:]
		for i := range args {
			if args[i] == "--data" {
				args[i+1] = filepath.Join(dir, args[i+1])
			}
		}
		spawn(t, args...)
	}
	for _, addr := range at {
		healthy(t, "http://"+addr)
	}
	var examples []example
	for line := range strings.Lines(calls) {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			examples = append(examples, example{command: command})
			continue
		}
		examples[len(examples)-1].prints += line
	}
	if len(examples) < 5 {
		t.Fatalf("only %d examples", len(examples))
	}
	for _, e := range examples {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", e.command).CombinedOutput()
		if string(out) != e.prints {
			t.Errorf("%s%s%v; the README says\n%s", e.command, out, err, e.prints)
		}
	}
}

// TestHTTPSettings holds that HTTP is no way past certificates and tokens.
func TestHTTPSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tls.yaml")
	if err := os.WriteFile(file, []byte("tls: {cert: c, key: k, ca: a}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	common := []string{"distribute", "--name", "d1", "--data", t.TempDir(), "--http-listen", "127.0.0.1:0"}
	for says, args := range map[string][]string{
		`http_control "0.0.0.0:1": whoever reaches it controls the node`: {"--http-control", "0.0.0.0:1"},
		`peer a1 "http://127.0.0.1:5": http is not encrypted`:            {"--config", file, "--analyser", "a1=1@http://127.0.0.1:5"},
		`peer a1 "https://127.0.0.1:5": https needs tls`:                 {"--analyser", "a1=1@https://127.0.0.1:5"},
		`peer "a1": `: {"--analyser", "a1=1@http://169.254.169.254:80"},
		`"http://h": want http://host:port or https://host:port`: {"--analyser", "a1=1@http://h"},
	} {
		code, _, complaint := call(t, "", append(common, args...)...)
		if code == exitOK || !strings.Contains(strings.ReplaceAll(complaint, `\"`, `"`), says) {
			t.Errorf("%q: code %d, %s", args, code, complaint)
		}
	}
}
