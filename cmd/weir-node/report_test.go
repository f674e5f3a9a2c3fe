package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode"

	"weir/system/store/storetest"
)

// reported is two analysers to which 460 messages went, and how to ask about them.
type reported struct {
	nodes          []*process
	start          func() // the analysers, again
	asked, folders []string
	report         func(args ...string) string
}

// newReported starts them with a configuration and has the messages committed.
func newReported(t *testing.T, analyser string) *reported {
	t.Helper()
	dir, listen := t.TempDir(), free(t)
	log := filepath.Join(dir, "app.log")
	var text strings.Builder
	for i := range 400 {
		fmt.Fprintf(&text, "2026-03-01T10:00:%02d.000Z INFO job %d took %d ms\n", i/10, i, i*3)
	}
	for i := range 60 {
		fmt.Fprintf(&text, "2026-03-01T10:00:41.%03dZ ERROR disk %d is \x1b[31mfull\x1b[0m \u202egnp\n", i, i)
	}
	if err := os.WriteFile(log, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &reported{}
	var to []string
	var ats []string
	for _, name := range []string{"a1", "a2"} {
		at, admin := free(t), free(t)
		ats = append(ats, at)
		r.asked, r.folders = append(r.asked, name+"@http://"+admin), append(r.folders, filepath.Join(dir, name))
		to = append(to, "--analyser", name+"=1@"+at)
	}
	behave := writeConfig(t, t.TempDir(), analyser+"\n")
	r.start = func() {
		r.nodes = nil
		for i, at := range ats {
			name, admin, _ := strings.Cut(r.asked[i], "@http://")
			r.nodes = append(r.nodes, spawn(t, "analyse", "--name", name, "--data", r.folders[i], "--listen", at, "--admin", admin, "--admin-token-file", token, "--config", behave))
			serving(t, at)
		}
	}
	r.start()
	spawn(t, append([]string{"distribute", "--name", "d1", "--data", filepath.Join(dir, "d1"), "--listen", listen}, to...)...)
	serving(t, listen)
	config := writeConfig(t, dir, "emitter: {batch_messages: 7}\n")
	if err := spawn(t, "emit", "--name", "e1", "--data", filepath.Join(dir, "e1"), "--to", "d1@"+listen, "--input", log, "--config", config).Wait(); err != nil {
		t.Fatal(err)
	}
	r.report = func(args ...string) string {
		t.Helper()
		code, out, complaint := call(t, "", append([]string{"report", "--admin-token-file", token}, args...)...)
		if code != exitOK || complaint != "" {
			t.Fatalf("%q: code %d: %s", args, code, complaint)
		}
		return out
	}
	return r
}

// metric is what the metrics of all say of a level of their results.
func (r *reported) metric(t *testing.T, level string) (sum int) {
	t.Helper()
	for _, of := range r.asked {
		_, addr, _ := strings.Cut(of, "@")
		req, err := http.NewRequest(http.MethodGet, addr+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer 0123456789abcdef")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), `weir_analyser_results_messages{level="`+level+`"} `)
		n := 0
		_, _ = fmt.Sscan(rest, &n)
		sum += n
	}
	return sum
}

// end kills the first and asks the second to stop.
func (r *reported) end() {
	_ = r.nodes[0].Process.Kill()
	_ = r.nodes[1].Process.Signal(syscall.SIGTERM)
	for _, n := range r.nodes {
		_ = n.Wait()
	}
}

// TestReport holds that two analysers' folders and their admin listeners tell the same,
// running, killed and started again, and that it is what went in; and that no text of
// a message reaches a terminal raw.
func TestReport(t *testing.T) {
	r := newReported(t, "analyser: {workers: 1}")
	asked, folders, report := r.asked, r.folders, r.report
	want := report(folders...)
	for _, line := range []string{"460 messages in 66 packets, 60 of them errors", "2026-03-01T10:00:41Z", "400         0  <time> INFO job <num> took <num> ms",
		`60        60  <time> ERROR disk <num> is \u001b[<num>mfull\u001b[<num>m \u202egnp`, "burst of errors"} {
		if !strings.Contains(want, line) {
			t.Errorf("no %q in\n%s", line, want)
		}
	}
	if i := strings.IndexFunc(want, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
		t.Errorf("%q at %d", want[i:min(len(want), i+10)], i)
	}
	if got := report(asked...); got != want {
		t.Errorf("the listeners tell\n%s, the folders\n%s", got, want)
	}
	r.end()
	if got := report(folders[1], folders[0]); got != want {
		t.Errorf("after the end\n%s, before\n%s", got, want)
	}
	var form reportJSON
	if err := json.Unmarshal([]byte(report("--output", "json", "--rows", "1", folders[0], folders[1])), &form); err != nil {
		t.Fatal(err)
	}
	if form.Total.Messages != 460 || len(form.Buckets.Rows) != 5 || form.Templates.More != 1 || len(form.Bursts) != 1 || form.Bursts[0].Errors != 60 {
		t.Errorf("%+v", form)
	}
}

// TestReportOutside holds the same of stores outside the node's files: a database, which
// the analyser itself must be asked about while it runs, and a server that two analysers
// share, each of which tells its part.
func TestReportOutside(t *testing.T) {
	server := storetest.NewRedis(t)
	server.Start()
	for _, c := range []struct{ kind, config string }{
		{"bolt", "analyser: {workers: 3}"},
		{"redis", "analyser: {workers: 2}\nstore: {kind: redis, redis: {addr: '" + server.Addr + "', name: all}}"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			r := newReported(t, c.config)
			want := r.report(r.asked...)
			for _, line := range []string{"460 messages in 66 packets, 60 of them errors", "400         0  <time> INFO job <num> took <num> ms"} {
				if !strings.Contains(want, line) {
					t.Errorf("no %q in\n%s", line, want)
				}
			}
			if info, errs := r.metric(t, "info"), r.metric(t, "error"); info != 400 || errs != 60 {
				t.Errorf("the metrics count %d and %d", info, errs)
			}
			says := "one of kind redis is asked for at the analyser's admin address"
			if c.kind == "bolt" {
				says = "ask the analyser, NAME@http://HOST:PORT, its admin address"
			}
			if code, out, complaint := call(t, "", "report", r.folders[0]); code != exitInternal || out != "" || !strings.Contains(complaint, says) {
				t.Errorf("a folder in use: code %d, %q, %q", code, out, complaint)
			}
			r.end()
			if c.kind == "bolt" {
				if got := r.report(r.folders...); got != want {
					t.Errorf("after the end\n%s, before\n%s", got, want)
				}
			}
			r.start()
			if got := r.report(r.asked[1], r.asked[0]); got != want {
				t.Errorf("started again\n%s, before\n%s", got, want)
			}
			if info, errs := r.metric(t, "info"), r.metric(t, "error"); info != 400 || errs != 60 {
				t.Errorf("started again the metrics count %d and %d", info, errs)
			}
		})
	}
}

func TestReportUsage(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, exitUsage, "of whom?"},
		{[]string{dir, dir}, exitUsage, "stands twice"},
		{[]string{"--output", "xml", dir}, exitUsage, "want text or json"},
		{[]string{"--rows", "-1", dir}, exitUsage, "want 0 or more"},
		{[]string{"--rows", "x", dir}, exitUsage, "invalid value"},
		{[]string{dir}, exitInternal, "no analyser's store"},
		{[]string{filepath.Join(dir, "no\x1bwhere")}, exitInternal, "no analyser's store"},
		{[]string{"a1@http://127.0.0.1:1"}, exitInternal, "refused"},
		{[]string{"a 1@http://127.0.0.1:1"}, exitInternal, "NAME@http://HOST:PORT"},
		{[]string{"a1@https://127.0.0.1:1"}, exitInternal, "without it http://"},
	} {
		code, out, complaint := call(t, "", append([]string{"report"}, c.args...)...)
		if code != c.code || out != "" || !strings.Contains(complaint, c.says) || strings.Contains(complaint, "\x1b") {
			t.Errorf("%q: code %d, %q, %q", c.args, code, out, complaint)
		}
	}
}
