package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// taker is a distributor that commits everything it is sent, each packet once.
type taker struct {
	mu      sync.Mutex
	packets map[string][]string // bodies by packet id
	wrong   []string
}

func newTaker(t *testing.T) (*taker, string) {
	d := &taker{packets: map[string][]string{}}
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	return d, s.URL
}

func (d *taker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Packets []struct {
			ID      string
			Entries []struct{ Source, Body string }
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	type result struct {
		ID      string `json:"id"`
		Outcome string `json:"outcome"`
	}
	var out struct {
		Results []result `json:"results"`
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range in.Packets {
		var bodies []string
		for _, e := range p.Entries {
			bodies = append(bodies, e.Source+": "+e.Body)
		}
		if old, again := d.packets[p.ID]; again && !slices.Equal(old, bodies) {
			d.wrong = append(d.wrong, p.ID)
		}
		d.packets[p.ID] = bodies
		out.Results = append(out.Results, result{p.ID, "committed"})
	}
	w.Header().Set("Content-Type", "application/json")
	for name, value := range map[string]string{"Weir-Node": "d1", "Weir-Incarnation": "1", "Weir-Token": "1", "Weir-Re": r.Header.Get("Weir-Token")} {
		w.Header().Set(name, value)
	}
	json.NewEncoder(w).Encode(out)
}

// bodies are all that was committed, sorted.
func (d *taker) bodies() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	for _, id := range slices.Sorted(maps.Keys(d.packets)) {
		all = append(all, d.packets[id]...)
	}
	slices.Sort(all)
	return all
}

// has waits until so many messages are committed.
func (d *taker) has(t *testing.T, n int, p *process) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); len(d.bodies()) < n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d messages of %d\n%s", len(d.bodies()), n, p.errs.String())
		}
	}
}

// All sources at once, through kills: each line and message is committed once, under
// one id, with the text that was sent.
func TestSources(t *testing.T) {
	d, url := newTaker(t)
	dir := t.TempDir()
	log, udp, tcp := filepath.Join(dir, "app.log"), free(t), free(t)
	start := func(in io.Reader) *process {
		p := spawnWith(t, in, "emit", "--name", "e1", "--data", filepath.Join(dir, "e1"), "--to", "d1@"+url,
			"--follow", log, "--input", "-", "--syslog-udp", udp, "--syslog-tcp", tcp)
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if c, err := net.Dial("tcp", tcp); err == nil {
				c.Close()
				return p
			}
			if time.Now().After(end) {
				t.Fatalf("it does not listen\n%s", p.errs.String())
			}
		}
	}
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, err := net.Dial("udp", udp)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var want []string
	p := start(strings.NewReader("piped 1\npiped 2"))
	want = append(want, "-: piped 1", "-: piped 2")
	for life := range 3 {
		conn, err := net.Dial("tcp", tcp)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 50 {
			text := fmt.Sprintf("life %d line %d", life, i)
			fmt.Fprintln(f, text)
			fmt.Fprintf(conn, "<13>Jan  1 00:00:00 h tcp[1]: %s\n", text)
			fmt.Fprintf(out, "<13>1 - h udp - - - %s", text)
			want = append(want, log+": "+text, "tcp: "+text, "udp: "+text)
		}
		conn.Close()
		d.has(t, len(want), p)
		p.Process.Kill()
		p.Wait()
		if life == 0 {
			os.Rename(log, log+".1")
			fmt.Fprintln(f, "while it was down")
			want = append(want, log+": while it was down")
			f.Close()
			if f, err = os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p = start(nil)
	}
	fmt.Fprintln(f, "the end")
	want = append(want, log+": the end")
	d.has(t, len(want), p)
	p.Process.Signal(syscall.SIGTERM)
	if code := p.ends(t); code != exitOK {
		t.Errorf("exit code %d\n%s", code, p.errs.String())
	}
	slices.Sort(want)
	if got := d.bodies(); !slices.Equal(got, want) || len(d.wrong) > 0 {
		t.Errorf("committed %d messages, want %d; under an id of another content: %v", len(got), len(want), d.wrong)
	}
}

// Standard input ends the emitter, with its spool on disk or in memory, and without a
// generator's help.
func TestStandardInput(t *testing.T) {
	for _, extra := range [][]string{nil, {"--spool-memory"}} {
		d, url := newTaker(t)
		args := append([]string{"emit", "--name", "e1", "--data", t.TempDir(), "--to", "d1@" + url, "--input", "-"}, extra...)
		p := spawnWith(t, strings.NewReader(strings.Repeat("line\n", 5000)), args...)
		if code := p.ends(t); code != exitOK || len(d.bodies()) != 5000 {
			t.Errorf("%v: exit code %d, %d lines\n%s", extra, code, len(d.bodies()), p.errs.String())
		}
	}
}

func TestSourcesUsage(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	emit := func(more ...string) []string {
		return append([]string{"emit", "--name", "e", "--data", dir, "--to", "d1@h:1"}, more...)
	}
	for _, c := range []struct {
		says string
		args []string
	}{
		{"--follow " + dir + ": not a regular file", emit("--follow", dir)},
		{"--follow " + fifo + ": not a regular file", emit("--follow", fifo)},
		{"given twice", emit("--follow", dir+"/x", "--follow", dir+"/./x")},
		{"--spool-max 1000: want 4194304 or more bytes", emit("--follow", dir+"/x", "--spool-max", "1000")},
		{`--spool-max "1G": want a number of bytes`, emit("--follow", dir+"/x", "--spool-max", "1G")},
		{"needs its spool on disk", emit("--follow", dir+"/x", "--spool-memory")},
		{`syslog address "514": want HOST:PORT`, emit("--syslog-udp", "514")},
		{"standard input is given twice", emit("--input", "-", "--input", "-")},
	} {
		code, out, complaint := call(t, "", c.args...)
		if code != exitUsage || out != "" || !strings.Contains(complaint, c.says) {
			t.Errorf("%q: code %d, %q; want %q", c.args, code, complaint, c.says)
		}
	}
}
