package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/system/node/nodetest"
)

// get returns the answer of a node's admin listener.
func get(t *testing.T, addr, path string) (int, string) {
	t.Helper()
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + addr + path)
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err.Error()
	}
	return r.StatusCode, string(b)
}

// answers waits until a path of an admin listener has that status.
func answers(t *testing.T, addr, path string, status int) (text string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		code, text := get(t, addr, path)
		if code == status {
			return text
		}
		if time.Now().After(end) {
			t.Fatalf("%s of %s: %d %s, want %d", path, addr, code, text, status)
		}
	}
}

// scrape reads a node's metrics, but for those of the Go runtime, the process and the
// scrape itself: series as they are written, to their values.
func scrape(t *testing.T, addr string) map[string]uint64 {
	t.Helper()
	all := map[string]uint64{}
	for line := range strings.Lines(answers(t, addr, "/metrics", http.StatusOK)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "} ")
		if ok {
			name += "}"
		} else {
			name, value, _ = strings.Cut(strings.TrimSpace(line), " ")
		}
		if !strings.HasPrefix(name, "weir_") || strings.Contains(name, "_bucket{") || strings.Contains(name, "_sum") {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all[name] = uint64(v)
	}
	return all
}

// logged are the counters of each role as they are scraped, by what nodetest.Recount calls
// them. Those with a label have one series for each value of it.
var logged = map[string]map[string]string{
	"e": {
		"emitted": "weir_emitter_packets_total", "emitted_messages": "weir_emitter_messages_total", "submits": "weir_emitter_submissions_total",
		"outcomes": `weir_emitter_outcomes_total{outcome=%q}`, "ack_time": "weir_emitter_acknowledgement_duration_seconds_count",
		"kept_out": "weir_emitter_kept_out_total",
	},
	"d": {
		"admitted": "weir_distributor_admitted_total", "refused": "weir_distributor_refused_total{reason=%q}", "joined": "weir_distributor_joined_total",
		"picks": "weir_distributor_picks_total", "retries": "weir_distributor_retries_total", "done": "weir_distributor_done_total",
		"gave_up": "weir_distributor_gave_up_total{reason=%q}", "dead": "weir_distributor_dead_total",
		"failures":       "weir_distributor_attempt_failures_total{reason=%q}",
		"attempts":       "weir_distributor_analyser_attempts_total{analyser=%q}",
		"first_messages": "weir_distributor_analyser_messages_total{analyser=%q}", "completed": "weir_distributor_analyser_done_total{analyser=%q}",
		"failed_attempts": "weir_distributor_analyser_failures_total{analyser=%q}", "queue_time": "weir_distributor_queue_duration_seconds_count",
	},
	"a": {
		"commits": "weir_analyser_commits_total", "committed_messages": "weir_analyser_messages_total",
		"duplicates": "weir_analyser_duplicates_total", "poisoned": "weir_analyser_poisoned_total",
	},
}

// growing are the counters that go on at rest, because probes do: what was scraped is
// at most what the log has at the end.
var growing = map[string]string{
	"probes": "weir_distributor_probes_total{result=%q}", "verdicts": "weir_distributor_verdicts_total{verdict=%q}",
	"scale_decisions": "weir_distributor_scale_decisions_total{reason=%q}",
}

// atRest scrapes the nodes until nothing of what they count of packets changes any more.
func atRest(t *testing.T, admin map[string]string) map[string]map[string]uint64 {
	t.Helper()
	counts := func() map[string]map[string]uint64 {
		all := map[string]map[string]uint64{}
		for name, addr := range admin {
			all[name] = scrape(t, addr)
		}
		return all
	}
	same := func(a, b map[string]map[string]uint64) bool {
		for name := range admin {
			for series := range a[name] {
				packets := !strings.Contains(series, "weir_node_") && !strings.Contains(series, "probes") && !strings.Contains(series, "verdicts")
				if packets && a[name][series] != b[name][series] {
					return false
				}
			}
		}
		return true
	}
	for last, end := counts(), time.Now().Add(20*time.Second); ; {
		time.Sleep(300 * time.Millisecond)
		now := counts()
		drained := now["e1"]["weir_emitter_drained"] == 1 && now["d1"]["weir_distributor_queue_packets"] == 0
		if drained && same(last, now) {
			return now
		}
		if last = now; time.Now().After(end) {
			t.Fatalf("no rest after 20 s: %v", now)
		}
	}
}

// records reads a node's event log.
func records(t *testing.T, name string) (all []nodetest.Record) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		all = append(all, nodetest.Parse(line))
	}
	return all
}

// compare holds what was scraped of a node against its log.
func compare(t *testing.T, name string, got map[string]uint64, log []nodetest.Record) {
	t.Helper()
	seen := map[string]bool{}
	for s, want := range nodetest.Recount(log) {
		at, atMost := logged[name[:1]][s.Name], growing[s.Name]
		series := at + atMost
		if strings.Contains(series, "%q") {
			series = fmt.Sprintf(series, s.Label)
		}
		seen[series] = true
		if v, ok := got[series]; series == "" || !ok || at != "" && v != want || atMost != "" && v > want {
			t.Errorf("%s: %s is %d, the log has %d of %v", name, series, v, want, s)
		}
	}
	for series, v := range got { // and nothing is counted that the log does not have
		base, _, _ := strings.Cut(series, "{")
		for _, at := range logged[name[:1]] {
			if listed, _, _ := strings.Cut(at, "{"); listed == base && v != 0 && !seen[series] {
				t.Errorf("%s: %s is %d, the log has none", name, series, v)
			}
		}
	}
	for _, r := range log { // the node's own word at its end
		if r.Kind != "counter" {
			continue
		}
		sum, of := uint64(0), logged[name[:1]][r.Str("name")]
		if out := r.Str("name"); of == "" {
			of = fmt.Sprintf(logged[name[:1]]["outcomes"], out)
		}
		base, _, labels := strings.Cut(of, "{reason")
		for series, v := range got {
			if series == of || labels && strings.HasPrefix(series, base+"{") {
				sum += v
			}
		}
		if sum != uint64(r.Int("val")) {
			t.Errorf("%s: %s is %d, at its end the node said %s = %d", name, of, sum, r.Str("name"), r.Int("val"))
		}
	}
}

// Scraped counters of real processes equal what their event logs say, after failures of
// several kinds: a halted analyser, poison, and more load than there is room for.
func TestMetricsEqualTheLog(t *testing.T) {
	dir := t.TempDir()
	logs, at, admin := filepath.Join(dir, "logs"), map[string]string{}, map[string]string{}
	for _, n := range []string{"a1", "a2", "d1", "e1"} {
		at[n], admin[n] = free(t), free(t)
	}
	node := func(role, name, config string) *process {
		file := filepath.Join(dir, name+".yaml")
		text := fmt.Sprintf("name: %s\nlisten: %s\nadmin: %s\ndata: %s\nlog: %s\n%s", name, at[name], admin[name], filepath.Join(dir, name), logs, config)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return spawn(t, role, "--config", file)
	}
	nodes := map[string]*process{"a1": node("analyse", "a1", ""), "a2": node("analyse", "a2", "")}
	nodes["d1"] = node("distribute", "d1", fmt.Sprintf("peers: {a1: %q, a2: %q}\n", at["a1"], at["a2"])+`
distributor:
  workers: 2
  attempt_timeout: 100ms
  queue_items: 24
  refuse_wait: 20ms
  analysers: [{id: a1, weight: 3}, {id: a2, weight: 1}]
`)
	for _, n := range []string{"a1", "a2", "d1"} {
		answers(t, admin[n], "/readyz", http.StatusOK)
	}
	nodes["e1"] = node("emit", "e1", fmt.Sprintf("peers: {d1: %q}\n", at["d1"])+`
emitter:
  distributors: [d1]
  buffer_packets: 8
  generator: {rate_milli: 400000, messages_min: 1, messages_max: 9, poison_every: 97, packets: 800}
`)
	answers(t, admin["e1"], "/readyz", http.StatusOK)
	nodes["a2"].Process.Signal(syscall.SIGSTOP)
	timeouts := `weir_distributor_attempt_failures_total{reason="timeout"}`
	for end := time.Now().Add(20 * time.Second); scrape(t, admin["d1"])[timeouts] < 3 && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	nodes["a2"].Process.Signal(syscall.SIGCONT)

	got := atRest(t, admin)
	for _, name := range []string{"e1", "d1", "a1", "a2"} {
		nodes[name].Process.Signal(syscall.SIGTERM)
		if code := nodes[name].ends(t); code != exitOK && name != "e1" { // e1 has packets that were refused for good
			t.Errorf("%s: exit code %d\n%s", name, code, nodes[name].errs.String())
		}
		compare(t, name, got[name], records(t, filepath.Join(logs, name+".1.jsonl")))
	}
	for name, series := range map[string][]string{
		"e1": {`weir_emitter_packets_total`, `weir_emitter_outcomes_total{outcome="rejected"}`, "weir_emitter_kept_out_total"},
		"d1": {`weir_distributor_retries_total`, timeouts, `weir_distributor_dead_total`},
		"a1": {"weir_analyser_commits_total", "weir_analyser_poisoned_total", `weir_node_disk_duration_seconds_count{operation="append"}`},
	} {
		for _, s := range series {
			if got[name][s] == 0 {
				t.Errorf("%s: %s is 0: the comparison proves nothing of it (%v)", name, s, slices.Sorted(maps.Keys(got[name])))
			}
		}
	}
}
